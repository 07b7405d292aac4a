"""Requests, their JSON form, and signers. Nothing here asks a chain."""

from ocn_registry.signing.documents import Document, match, read_document
from ocn_registry.signing.requests import (
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    Payload,
    Request,
    SignedRequest,
)
from ocn_registry.signing.signers import KeySigner, Signer, recover
from ocn_registry.signing.typed_data import Domain, StructType, TypedData, Value

__all__ = [
    "DEFAULT_LIFETIME_S",
    "MAX_LIFETIME_S",
    "Document",
    "Domain",
    "KeySigner",
    "Payload",
    "Request",
    "SignedRequest",
    "Signer",
    "StructType",
    "TypedData",
    "Value",
    "match",
    "read_document",
    "recover",
]
