"""Parse and verify in a thread, so that a large message does not block the event loop.

A page of a thousand locations takes a second to parse and verify. `verify_off_loop` does all of it
in a thread, from the received bytes to the signatories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ocn_registry.foreign.limits import OCPI_BODY
from ocn_registry.foreign.strict_json import BeyondLimits, parse_json
from ocn_registry.notary.errors import UnsignableMessage
from ocn_registry.notary.messages import OcpiMessage
from ocn_registry.notary.signatures import MessageSignature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.foreign.limits import JsonLimits
    from ocn_registry.notary.values import Json
    from ocn_registry.notary.verified import VerifiedSignature


def read_body(content: bytes, limits: JsonLimits = OCPI_BODY) -> Json:
    """Return the JSON body of a message. Its size is checked before it is parsed.

    Args:
        content: The body as received; empty if there is none.
        limits: The limits of the body.

    Raises:
        UnsignableMessage: The body is not JSON, too large, or nested too deeply.
    """
    if not content.strip():
        return None
    try:
        return cast("Json", parse_json(content, limits))
    except BeyondLimits as error:
        raise UnsignableMessage(f"the body is {error}") from None
    except UnicodeDecodeError:
        raise UnsignableMessage("the body is not UTF-8") from None
    except ValueError as error:
        raise UnsignableMessage(f"the body is not JSON: {error}") from None


async def verify_off_loop(
    signature: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    params: Mapping[str, Json] | None = None,
    require_all_fields: bool = False,
) -> VerifiedSignature:
    """Return who signed a message; parsing and verification run in a thread.

    Args:
        signature: The header `OCN-Signature` of a request, or `ocn_signature` of a response's body.
        headers: All headers, with names in any case.
        body: The body as received. The `ocn_signature` of a response is left out.
        params: Query parameters of a request.
        require_all_fields: See `MessageSignature.verify`.

    Raises:
        MessageRejected: The message can't be trusted; see `MessageSignature.verify`.
        BrotliMissing: The extra `notary` is not installed.
    """
    import asyncio  # noqa: PLC0415 - for those who have a loop

    def verified() -> VerifiedSignature:
        read = MessageSignature.from_header(signature)
        message = OcpiMessage.response(headers, read_body(body))
        if params is not None:
            message = OcpiMessage(headers=message.headers, params=params, body=message.body)
        return read.verify(message, require_all_fields=require_all_fields)

    return await asyncio.to_thread(verified)
