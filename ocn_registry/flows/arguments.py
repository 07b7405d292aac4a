"""Runtime checks of arguments, for callers without a type checker.

No message quotes a value that might be a key.
"""

from __future__ import annotations

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.intents.shape import IntentBase
from ocn_registry.outcomes import Quote
from ocn_registry.signing import SignedRequest

_MOST = 1 << 256


def check_signer(signer: object) -> None:
    """Raise `InvalidInput` unless the value is a signer."""
    signs = all(callable(getattr(signer, name, None)) for name in ("sign", "sign_transaction"))
    if not signs or not isinstance(getattr(signer, "address", None), str):
        raise InvalidInput(
            f"the signer is of type {type(signer).__name__}: give a Signer, such as "
            "KeySigner.from_file(PATH), not a key or an address",
        )


def check_step(step: object) -> None:
    """Raise `InvalidInput` unless the value is an intent or a signed request."""
    if isinstance(step, (SignedRequest, IntentBase)):
        return
    several = " one by one, as in send(*steps)" if type(step) in {list, tuple} else ""
    raise InvalidInput(
        f"a value of type {type(step).__name__} can't be sent: give intents, such as "
        f"SetNode(domain=...), or signed requests{several}",
    )


def check_intent(intent: object) -> None:
    """Raise `InvalidInput` unless the value is an intent."""
    if not isinstance(intent, IntentBase):
        raise InvalidInput(
            f"a value of type {type(intent).__name__} is not an intent: give one, such as "
            "SetNode(domain=...)",
        )


def check_signed(request: object) -> None:
    """Raise `InvalidInput` unless the value is a signed request."""
    if not isinstance(request, SignedRequest):
        raise InvalidInput(
            f"a value of type {type(request).__name__} is not a signed request: sign the request "
            "first, or read its JSON with read_signed_request",
        )


def check_quote(quote: object) -> None:
    """Raise `InvalidInput` unless the value is a quote or `None`."""
    if quote is not None and not isinstance(quote, Quote):
        raise InvalidInput(
            f"a value of type {type(quote).__name__} is not a quote: give what quote() returned",
        )


def check_number(value: object, what: str) -> None:
    """Raise `InvalidInput` unless the value is a number of at most 256 bits or `None`."""
    if value is not None and (type(value) is not int or not 0 <= value < _MOST):
        raise InvalidInput(
            f"{shown(value)} is not a valid {what}: give a number from 0, or leave it out",
        )
