"""The checks can fail: histories quickly find each seeded fault in a copy of the contracts."""

import os

import pytest
from histories.faults import FAULTS, Fault, bytecodes
from histories.history import Difference
from histories.run import run, world

from ocn_registry.events.tables import MissingEvents

AT_MOST = 60

# Each takes the time of a compile: a few of them here, all of them in `make soak`.
_FEW = slice(None) if os.environ.get("OCN_SOAK") else slice(0, None, 7)


@pytest.mark.parametrize("fault", FAULTS[_FEW], ids=lambda fault: fault.name)
def test_histories_find_a_contract_in_which(fault: Fault):
    with world(bytecodes(fault)) as here:
        with pytest.raises((Difference, MissingEvents)):
            run(here, AT_MOST, shrink=False)
        assert here.histories <= AT_MOST + 2
