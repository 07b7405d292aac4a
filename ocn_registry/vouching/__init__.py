"""Vouching: compare a host's statement about itself with the registry.

Anyone can list any free id and URL. A document that only the owner of a host can publish there
makes an entry trustworthy. `documents` reads and writes it, `fetch` retrieves it safely from a
stranger's host, `check` compares it with the entry, and `background` does so for a cache. It
imports the vocabulary, networks and `foreign`.
"""

from ocn_registry.vouching.check import check_node, check_party
from ocn_registry.vouching.documents import DOCUMENT_PATH, NODE_INFO_PATH, document_for
from ocn_registry.vouching.fetch import FetchFailed, FetchOptions, fetch

__all__ = [
    "DOCUMENT_PATH",
    "NODE_INFO_PATH",
    "FetchFailed",
    "FetchOptions",
    "check_node",
    "check_party",
    "document_for",
    "fetch",
]
