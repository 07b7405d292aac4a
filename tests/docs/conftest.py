"""Test folders are not packages (pytest's importlib mode): what tests share is put on the path."""

import sys
from pathlib import Path

if (_here := str(Path(__file__).parent)) not in sys.path:
    sys.path.insert(0, _here)
