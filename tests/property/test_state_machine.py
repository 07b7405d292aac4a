"""Random histories: the contracts behave like the model, after every step.

A short setting of `make soak`, which is where each error has to have occurred.
"""

import pytest
from histories.chain import Transaction
from histories.people import OWNER, STRANGER
from histories.run import not_seen, run, world
from histories.views import plain
from histories.world import World

from ocn_registry.errors import Reverted
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.testing.codec import encode
from ocn_registry.testing.model import Registry
from ocn_registry.testing.wire import error_of

HISTORIES = 60


@pytest.fixture(scope="module")
def both():
    with world() as here:
        yield here


def test_contracts_and_model_agree_after_every_step(both: World):
    run(both, HISTORIES)
    assert both.steps >= HISTORIES * 40
    assert not not_seen(both.seen)["functions"]
    assert len(not_seen(both.seen)["errors"]) <= 6


def test_registry_refuses_the_zero_address_as_its_owner(both: World):
    code = both.bytecodes["Registry"] + encode("(address,bool)", (ZERO_ADDRESS, False))
    mined, _ = both.chain.mine([Transaction(OWNER, None, code)], both.chain.time + 1, [])
    with pytest.raises(Reverted) as expected:
        Registry(STRANGER, 1, ZERO_ADDRESS, import_open=False, is_signed_by=lambda *_: False)
    assert plain(error_of(mined[0].output)) == plain(expected.value)


def test_permissions_refuse_a_registry_without_code(both: World):
    code = both.bytecodes["Permissions"] + encode("(address,bool)", (STRANGER, False))
    mined, _ = both.chain.mine([Transaction(OWNER, None, code)], both.chain.time + 1, [])
    assert plain(error_of(mined[0].output)) == ("reverts", "NotAContract", STRANGER)
