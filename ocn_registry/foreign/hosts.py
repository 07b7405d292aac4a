"""Look up a host within a time limit: the system's own function can take minutes."""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import suppress

# The result of a lookup: family, kind, protocol, name, address.
_Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Places = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, _Address]]


def look_up(host: str, port: int, deadline: float) -> Places:
    """Return the addresses of a host, looked up in a thread because the lookup has no time limit.

    Raises:
        TimeoutError: The deadline has passed.
        OSError: The name is not known.
    """
    answers: queue.SimpleQueue[Places | OSError] = queue.SimpleQueue()
    # For text, Python imports the codec of international names, which takes 2 ms.
    name = host.encode() if host.isascii() else host

    def ask() -> None:
        try:
            found: Places = [*socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
            answers.put(found)
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    if _is_address(host):
        ask()
    else:
        threading.Thread(target=ask, daemon=True, name="ocn-registry-lookup").start()
    try:
        found = answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return found


def _is_address(host: str) -> bool:
    """Return whether a host is an address, which needs no lookup."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            return bool(socket.inet_pton(family, host))
    return False
