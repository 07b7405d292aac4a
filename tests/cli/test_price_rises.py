"""If a write gets more expensive between plan and signature, it asks again or is refused."""

import contextlib

import pytest

from ocn_registry import FeeAboveCap, KeySigner, SetNode, WriteOptions
from ocn_registry.flows import quote
from ocn_registry.plans.exit_codes import DONE, INTERRUPTED
from ocn_registry.plans.write import WriteTask

SPIKE_WEI = 10_000


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture(autouse=True)
def plan_is_old(monkeypatch):
    """Make plans expire immediately, instead of after ten seconds."""
    monkeypatch.setattr(quote, "FRESH_S", -1.0)


@pytest.fixture(autouse=True)
def price_of_before(fresh):
    """Restore the price for the next test, which reverting to a snapshot does not do."""
    before = fresh.request("eth_getBlockByNumber", "pending", False)["baseFeePerGas"]
    yield
    fresh.request("anvil_setNextBlockBaseFeePerGas", before)


class Person:
    """A user who answers; before the first answer, gas gets more expensive."""

    def __init__(self, devnet, *answers, can_ask=True):
        self._devnet, self._answers, self.can_ask = devnet, list(answers), can_ask
        self.asked, self.notes, self.shown = [], [], []

    def note(self, text):
        self.notes.append(text)

    def agree(self, question, *, insist):
        del insist
        if not self.asked:
            self._devnet.request("anvil_setNextBlockBaseFeePerGas", hex(SPIKE_WEI))
            self._devnet.request("evm_mine")
        self.asked.append(question)
        return self._answers.pop(0)

    def show(self, result):
        self.shown.append(result)

    @contextlib.contextmanager
    def waiting(self, options):
        yield options


@pytest.fixture(params=["one intent", "one request", "a batch"])
def written(request, client, operator, spender):
    """Return a function that executes a write, with a user who answers."""
    if request.param == "one intent":
        steps, payer = (SetNode(domain="https://a.example"),), operator
    else:
        count = 1 if request.param == "one request" else 3
        steps = tuple(
            client.sign(SetNode(domain=f"https://{number}.example"), KeySigner.generate())
            for number in range(count)
        )
        payer = spender

    def write(person):
        options = WriteOptions(timeout_s=60)
        return WriteTask(client, steps, payer, person).execute(options, insist=True, dry_run=False)

    return write


def test_person_is_shown_the_new_price_and_asked_again(fresh, written, client):
    person = Person(fresh, True, True)
    assert written(person) == DONE
    first, second = person.asked
    assert second == f"the price has risen: {first}"
    assert len([note for note in person.notes if note.startswith("price")]) == 2
    assert any("the plan showed" in note for note in person.notes)
    assert client.nodes()


def test_person_who_declines_the_new_price_pays_nothing(fresh, written, client):
    person = Person(fresh, True, False)
    assert written(person) == INTERRUPTED
    assert (client.nodes(), person.shown) == ((), [])


def test_without_a_terminal_a_higher_price_is_refused(fresh, written, client):
    person = Person(fresh, True, can_ask=False)
    with pytest.raises(FeeAboveCap, match="the plan showed"):
        written(person)
    assert (client.nodes(), len(person.asked)) == ((), 1)
