"""The known attacks, by theme."""

from arena.attack import ATTACKS

from . import (
    batches,
    claims,
    consent,
    fields,
    identity,
    imports,
    lists,
    owner,
    replay,
    signatures,
    signers,
    text,
    zero_address,
)

THEMES = (
    replay,
    signatures,
    fields,
    zero_address,
    claims,
    consent,
    identity,
    lists,
    text,
    signers,
    batches,
    owner,
    imports,
)

__all__ = ["ATTACKS", "THEMES"]
