"""Events of a relay, from the bytes of a stream (server-sent events).

Source: WHATWG HTML, section 9.2, as far as a relay uses it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from ocn_registry.errors import InvalidInput, TransportError
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.portable.base import Portable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ocn_registry.transport.http_answers import Incoming

MOST_BYTES: Final = 1 << 20
EVENT_ID: Final = re.compile(r"[!-~]{1,64}")  # it is sent back in a header
_SILENCE_S: Final = 60.0  # a relay sends an event or a keep-alive every 15 s
_END: Final = b"\n\n"  # of an event


class RelayUnavailable(TransportError):
    """The relay can't be reached, or its answer is not a relay's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayEvent(Portable):
    """An event at a relay.

    Attributes:
        id: Pass it to `follow` to resume after this event.
        kind: `request`, `registry`, `block` or `reload`.
        data: The event, as described in `/v1/openapi.json`. This is the relay's text: escape it
            before you show it.
    """

    id: str
    kind: str
    data: dict[str, object]


def read_events(chunks: Iterable[bytes]) -> Iterator[RelayEvent]:
    """Yield server-sent events from the bytes of a stream.

    Args:
        chunks: The bytes, in chunks as received.

    Raises:
        RelayUnavailable: The bytes are not a relay's event stream.
    """
    waiting = bytearray()
    for chunk in chunks:
        start = max(len(waiting) - 1, 0)  # what came before is searched once only
        waiting += chunk
        while (end := waiting.find(_END, start)) >= 0:
            event = _event(bytes(waiting[:end]))
            del waiting[: end + len(_END)]
            start = 0
            if event is not None:
                yield event
        if len(waiting) > MOST_BYTES:
            raise RelayUnavailable(f"an event is longer than {MOST_BYTES} bytes: check the URL")


def _event(text: bytes) -> RelayEvent | None:
    fields: dict[str, str] = {}
    for line in text.decode(errors="replace").split("\n"):
        name, _, value = line.partition(": ")
        fields[name] = value
    if "data" not in fields:
        return None
    try:
        data = parse_json(fields["data"].encode())
    except (ValueError, InvalidInput):
        data = None
    if not isinstance(data, dict):
        raise RelayUnavailable("the relay's events are not those of a relay: check its URL")
    event_id = fields.get("id", "")
    return RelayEvent(
        id=event_id if EVENT_ID.fullmatch(event_id) else "",
        kind=fields.get("event", "message")[:64],
        data=cast("dict[str, object]", data),
    )


def in_time(reply: Incoming) -> Iterator[bytes]:
    """Yield the parts of a stream of which no event may take longer than a relay's silence."""
    reply.extend(time.monotonic() + _SILENCE_S)
    before = b""
    for part in reply.parts(MOST_BYTES):
        ended = _END in before + part
        before = part[-1:]
        yield part
        if ended:  # and handled, which may take its time
            reply.extend(time.monotonic() + _SILENCE_S)
