"""The cost of each write: below its limit, and equal to the committed snapshot.

    UPDATE_GAS_SNAPSHOT=1 pytest tests/contract/test_gas.py     rewrite the snapshot

Keys, deployer and inputs are fixed, so one bytecode gives the same figures in every run. The
diff of `gas_snapshot.json` then shows what a change of the contracts costs or saves.
"""

import json
import os
from pathlib import Path

import gas_scenarios
import pytest

SNAPSHOT = Path(__file__).with_name("gas_snapshot.json")


@pytest.fixture(scope="module")
def gas(rpc, artifacts):
    """Measure all scenarios once, on separate contracts."""
    return gas_scenarios.measure_v3(rpc, artifacts)


def test_gas_equals_the_snapshot(gas):
    if os.environ.get("UPDATE_GAS_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(gas, indent=2) + "\n")

    assert gas == json.loads(SNAPSHOT.read_text())


@pytest.mark.parametrize("name", gas_scenarios.CEILINGS_GAS)
def test_gas_is_within_its_ceiling(gas, name):
    assert gas[name] <= gas_scenarios.CEILINGS_GAS[name]


@pytest.mark.parametrize("name", gas_scenarios.BATCHED)
def test_registration_in_a_batch_of_50_is_cheaper_than_alone(gas, name):
    alone = gas[gas_scenarios.BATCHED[name]]

    assert alone - gas[name] >= gas_scenarios.BATCH_SAVING_GAS
