"""The known attacks, by theme."""

from arena.attack import ATTACKS

from . import (
    batches,
    claims,
    consent,
    fields,
    imports,
    lists,
    owner,
    replay,
    signatures,
    signers,
    text,
    zero_address,
)

__all__ = [
    "ATTACKS",
    "batches",
    "claims",
    "consent",
    "fields",
    "imports",
    "lists",
    "owner",
    "replay",
    "signatures",
    "signers",
    "text",
    "zero_address",
]
