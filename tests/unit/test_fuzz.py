"""Each reader of untrusted bytes raises only the errors that it documents."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import fuzz


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_changed_samples_are_read_or_refused(target):
    assert fuzz.at_random(target, 1.0, seed=1)


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_samples_are_accepted(target, monkeypatch):
    """A target that refuses everything would find nothing."""
    test, samples = fuzz.TARGETS[target]
    assert samples
    for sample in samples:
        test(sample)
