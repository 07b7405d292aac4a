"""Recursive length prefix (RLP), the encoding in which transactions are signed and sent.

Source: Ethereum yellow paper, appendix B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Item: TypeAlias = "bytes | int | Sequence[Item]"
Read: TypeAlias = "bytes | list[Read]"

_SHORT_BYTES = 55
_BYTES_MARK, _LIST_MARK = 0x80, 0xC0
_MOST_DEPTH = 8  # an access list, the deepest part of a transaction, needs 5


def encode(item: Item) -> bytes:
    """Return the encoding of bytes, a number, or a list of these."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _BYTES_MARK:
            return item
        return _prefix(len(item), _BYTES_MARK) + item
    content = b"".join([encode(part) for part in item])
    return _prefix(len(content), _LIST_MARK) + content


def decode(data: bytes) -> Read:
    """Return the item that bytes encode; numbers come as bytes.

    Raises:
        ValueError: The bytes are not exactly one item, or its lists are nested too deeply.
    """
    item, end = _item(data, 0, _MOST_DEPTH)
    if end != len(data):
        raise ValueError("more bytes than one item has")
    return item


def _prefix(length: int, mark: int) -> bytes:
    if length <= _SHORT_BYTES:
        return bytes([mark + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([mark + _SHORT_BYTES + len(size)]) + size


def _item(data: bytes, at: int, depth: int) -> tuple[Read, int]:
    if at >= len(data) or not depth:
        raise ValueError("an item is missing, or nested too deeply")
    mark = data[at]
    if mark < _BYTES_MARK:
        return data[at : at + 1], at + 1
    is_list = mark >= _LIST_MARK
    length = mark - (_LIST_MARK if is_list else _BYTES_MARK)
    start = at + 1
    if length > _SHORT_BYTES:
        size = length - _SHORT_BYTES
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    end = start + length
    if end > len(data):
        raise ValueError("an item is cut off")
    if not is_list:
        return data[start:end], end
    items: list[Read] = []
    while start < end:
        item, start = _item(data[:end], start, depth - 1)
        items.append(item)
    return items, end
