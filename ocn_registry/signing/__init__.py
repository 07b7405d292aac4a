"""Requests, their JSON form, and signers. Nothing here accesses a chain."""

from ocn_registry.evm.curve import recover
from ocn_registry.evm.typed_data import (
    DOMAIN_TYPE,
    Domain,
    StructType,
    TypedData,
    Value,
    message_of,
)
from ocn_registry.signing.documents import (
    MAX_SIGNATURE_BYTES,
    Document,
    match,
    read_document,
    read_object,
    read_signature,
    read_values,
    same_keys,
)
from ocn_registry.signing.external import AsyncExternalSigner, ExternalSigner
from ocn_registry.signing.payload import Payload
from ocn_registry.signing.requests import (
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    Request,
    SignedRequest,
    acceptance_of,
)
from ocn_registry.signing.signatures import is_odd
from ocn_registry.signing.signers import AnySigner, AsyncSigner, KeySigner, Signer

__all__ = [
    "DEFAULT_LIFETIME_S",
    "DOMAIN_TYPE",
    "MAX_LIFETIME_S",
    "MAX_SIGNATURE_BYTES",
    "AnySigner",
    "AsyncExternalSigner",
    "AsyncSigner",
    "Document",
    "Domain",
    "ExternalSigner",
    "KeySigner",
    "Payload",
    "Request",
    "SignedRequest",
    "Signer",
    "StructType",
    "TypedData",
    "Value",
    "acceptance_of",
    "is_odd",
    "match",
    "message_of",
    "read_document",
    "read_object",
    "read_signature",
    "read_values",
    "recover",
    "same_keys",
]
