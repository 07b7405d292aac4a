"""Free ports, for programs that have to be told theirs before they start."""

import secrets
import socket

# Below those that Linux and macOS give to outgoing connections: a port of the system's own choice
# would be free until any other program connects to something.
_FIRST, _COUNT = 10_000, 20_000
_ATTEMPTS = 100


def free_port() -> int:
    """Return a port of this machine that nobody listens on.

    Raises:
        OSError: None was found.
    """
    for _ in range(_ATTEMPTS):
        port = _FIRST + secrets.randbelow(_COUNT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port from 10000 to 29999 is free")
