"""`docs/limits.md` has the figures of `ocn_registry/foreign/limits.py`."""

import re
from pathlib import Path

from ocn_registry.foreign import limits

PAGE = Path(__file__).resolve().parents[2] / "docs" / "limits.md"
ROW = re.compile(r"^\| .+ \| (\d+) (KB|MB)\b.* \| ([\d,]+)", re.MULTILINE)
BYTES = {"KB": 1 << 10, "MB": 1 << 20}


def test_page_has_the_limits_of_the_package():
    text = PAGE.read_text(encoding="utf-8")
    shown = {
        (int(n) * BYTES[unit], int(items.replace(",", ""))) for n, unit, items in ROW.findall(text)
    }
    documents = [one for one in vars(limits).values() if isinstance(one, limits.JsonLimits)]
    kinds = {(one.max_bytes, one.max_items) for one in documents if one is not limits.ANYTHING}
    for items in (limits.RPC_VALUE_ITEMS, limits.RPC_OBJECT_ITEMS, limits.RPC_EVENTS_ITEMS):
        kinds.add((limits.RPC_ANSWER_BYTES, items))
    assert shown == kinds
    assert f"{limits.RPC_EVENTS:,} events" in text
    assert f"{limits.MAX_DEPTH} levels" in text
    assert f"{limits.REQUEST.max_digits} digits" in text
