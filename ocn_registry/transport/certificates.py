"""Load the certificates of the authorities that a connection trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import read_bytes
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    import ssl

_KIND = "file of certificates"
_MOST_BYTES = 16 << 20  # those of all systems' authorities take less than 1 MB


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """Return the TLS settings that trust a file's authorities, or the system's for `None`.

    Raises:
        InvalidInput: The file holds no certificates, or can't be read; a pipe or a device is not
            waited for.
    """
    import ssl  # noqa: PLC0415 - 10 ms, for those who need it

    if ca_file is not None:
        read_bytes(ca_file, _MOST_BYTES, what=_KIND)  # OpenSSL would wait for a pipe
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise InvalidInput(
            f"the {_KIND} {shown(ca_file)} contains no certificate: use a file in PEM form",
        ) from None
