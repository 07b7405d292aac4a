"""The limits for foreign data, in one table; see `docs/limits.md` for users.

They are checked before any object is created, so that time and memory are proportional to the size
of the data.
"""

from __future__ import annotations

from ocn_registry.portable.values import dataclass

MAX_DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLimits:
    """The limits of a document.

    Attributes:
        max_bytes: Bytes, uncompressed.
        max_items: Values: the members of all lists and objects together.
        max_depth: Lists and objects within each other.
        max_digits: Digits in a row outside of texts; 78 write the largest number of the chain.
    """

    max_bytes: int
    max_items: int
    max_depth: int = MAX_DEPTH
    max_digits: int = 78


# Answers of RPC nodes. The items are those of one answer: 32 where one value was asked for, and as
# many more as the longest answer of its kind needs.
RPC_ANSWER_BYTES = 64 << 20
RPC_VALUE_ITEMS = 32
RPC_OBJECT_ITEMS = 100_000  # a block lists the hashes of its transactions
RPC_EVENTS = 50_000
RPC_EVENTS_ITEMS = 16 * RPC_EVENTS

REQUEST = JsonLimits(max_bytes=1 << 16, max_items=4_096)
NETWORK_FILE = JsonLimits(max_bytes=1 << 16, max_items=2_048)
CREDENTIALS_FILE = JsonLimits(max_bytes=1 << 16, max_items=4_096)
SETTINGS_FILE = JsonLimits(max_bytes=1 << 16, max_items=4_096)
KEYSTORE_FILE = JsonLimits(max_bytes=1 << 16, max_items=256)
STATE_FILE = JsonLimits(max_bytes=1 << 20, max_items=50_000)
NODE_DOCUMENT = JsonLimits(max_bytes=1 << 16, max_items=10_000)
SIGNATURE_HEADER = JsonLimits(max_bytes=4 << 20, max_items=200_000)
OCPI_BODY = JsonLimits(max_bytes=16 << 20, max_items=2_000_000, max_digits=1_000)
CURSOR_FILE = JsonLimits(max_bytes=64 << 20, max_items=2_000_000)
SNAPSHOT_FILE = JsonLimits(max_bytes=256 << 20, max_items=20_000_000)
CACHE_ROW = JsonLimits(max_bytes=64 << 20, max_items=5_000_000)
ANYTHING = JsonLimits(max_bytes=64 << 20, max_items=1_000_000, max_digits=4_000)

# Compressed data can unpack to this many times its size, plus a little.
MAX_UNPACKED_RATIO = 100
UNPACKED_FREE_BYTES = 1 << 16
