import sys
from pathlib import Path

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent))
