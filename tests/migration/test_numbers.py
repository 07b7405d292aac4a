"""The figures of a migration are printed and within the promised limits, at a tenth of the size."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_tenth_of_the_promised_size_migrates():
    script = [sys.executable, str(ROOT / "tools" / "rehearsal" / "rehearsal_numbers.py"), "--tenth"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| parties | 500 |" in done.stdout
    assert "Cost at 100 wei per gas" in done.stdout
    assert "Different at the end: 0." in done.stdout
