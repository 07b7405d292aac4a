"""Write `docs/attacks.md`: `python tests/attacks/write_table.py`."""

import conftest  # noqa: F401 - puts what the tests share on the path
from arena.table import PATH, page
from catalogue import THEMES
from seeded_faults import FAULTS

if __name__ == "__main__":
    PATH.write_text(page(THEMES, FAULTS))
