"""Several calls travel in one transaction."""

from arena.attack import NotThere, Refuses, Seen, Sees, attack, refusal_of
from arena.contracts import place
from arena.people import ATTACKER, CPO, EMSP, OPERATOR, OTHER_OPERATOR, OWNER, SPENDER
from arena.target import DEADLINE, Refused, Signed, Target

from .world import IDS, OTHER_URL, URL, with_nodes, with_parties

_NO_BATCHES = NotThere("there are no batches")
_EVIL = "https://evil.example"


@attack(v1=_NO_BATCHES, v3=Refuses("NestedBatch", 0))
def a_batch_in_a_batch(t: Target) -> Seen:
    """Nesting batches circumvents the rules for items, or hides failed items."""
    inner = _batch(t, "tryMulticall", t.calldata("setNode", _EVIL))
    t.strike_with(t.registry, _batch(t, "multicall", inner), ATTACKER)
    return Seen(t.read("getNode", ATTACKER), _EVIL)


@attack(v1=_NO_BATCHES, v3=Sees(("", "", "", ""), "each is refused: `NestedBatch`"))
def a_batch_in_a_batch_of_either_kind(t: Target) -> Seen:
    """The same, in each combination, and in both contracts."""
    senders = (ATTACKER, CPO, EMSP, OPERATOR)
    kinds = ("multicall", "tryMulticall")
    pairs = [(outer, inner) for outer in kinds for inner in kinds]
    for number, (sender, (outer, inner)) in enumerate(zip(senders, pairs, strict=True)):
        item = _batch(t, inner, t.calldata("setNode", f"{_EVIL}/{number}"))
        batch = _batch(t, outer, item)
        refusal = refusal_of(lambda b=batch, s=sender: t.strike_with(t.registry, b, s))
        assert refusal in {None, Refused("NestedBatch", 0)}
    return Seen(
        tuple(t.read("getNode", sender) for sender in senders),
        tuple(f"{_EVIL}/{n}" for n in range(4)),
    )


@attack(v1=_NO_BATCHES, v3=Sees((URL, OTHER_URL), "direct writes act for the sender of the batch"))
def a_direct_write_in_a_batch_of_requests(t: Target) -> Seen:
    """After a user's request, the batch continues in that user's name."""
    with_nodes(t)
    other = t.sign(OTHER_OPERATOR, "setNode", OTHER_URL)
    items = [t.raw_calldata(other), t.calldata("setNode", _EVIL), t.calldata("deleteNode")]
    t.strike_with(t.registry, _batch(t, "tryMulticall", *items), ATTACKER)
    return Seen((t.read("getNode", OPERATOR), t.read("getNode", OTHER_OPERATOR)), (URL, ""))


@attack(v1=_NO_BATCHES, v3=Refuses("NodeNotFound", ATTACKER))
def a_batch_that_speaks_for_the_contract(t: Target) -> Seen:
    """All batches write as the contract itself, and can change each other's entries."""
    t.strike_with(t.registry, _batch(t, "multicall", t.calldata("setNode", URL)), OPERATOR)
    t.strike_with(t.registry, _batch(t, "multicall", t.calldata("deleteNode")), ATTACKER)
    return Seen(t.read("nodeCount"), 0)


@attack(v1=_NO_BATCHES, v3=Refuses("OwnableUnauthorizedAccount", ATTACKER))
def a_function_of_the_owner_in_a_batch(t: Target) -> Seen:
    """Anyone can use the owner's functions in a batch."""
    with_parties(t)
    item = t.calldata("adminDeleteParty", *IDS[CPO])
    t.strike_with(t.registry, _batch(t, "multicall", item), ATTACKER)
    return Seen(t.read("partyOf", *IDS[CPO]), "0x" + "00" * 20)


@attack(v1=_NO_BATCHES, v3=Refuses(""))
def money_counted_once_for_each_item(t: Target) -> Seen:
    """A batch sent with money shows the same money to each item, or keeps it."""
    items = [t.calldata("setNode", URL)] * 2
    t.strike_with(t.registry, _batch(t, "multicall", *items), ATTACKER, value=1)
    return Seen(int(t.chain.request("eth_getBalance", t.registry.address, "latest"), 16), 1)


@attack(v1=_NO_BATCHES, v3=Sees((URL, OTHER_URL), "`tryMulticall`: the others go through"))
def one_request_of_a_batch_sent_first(t: Target) -> Seen:
    """If one request of a batch is sent first, none of the others takes effect."""
    requests = [
        t.sign(OPERATOR, "setNode", URL),
        t.sign(CPO, "setNode", "https://third-node.example"),
        t.sign(EMSP, "setNode", OTHER_URL),
    ]
    t.submit(requests[1], ATTACKER)
    items = [t.raw_calldata(signed) for signed in requests]
    all_or_nothing = _batch(t, "multicall", *items)
    refusal = refusal_of(lambda: t.strike_with(t.registry, all_or_nothing, SPENDER))
    assert refusal == Refused("InvalidNonce", CPO, 1)
    each_on_its_own = _batch(t, "tryMulticall", *items)
    refusal_of(lambda: t.strike_with(t.registry, each_on_its_own, SPENDER))
    return Seen((t.read("getNode", OPERATOR), t.read("getNode", EMSP)), ("", ""))


@attack(v1=_NO_BATCHES, v3=Sees({(0, ""), (1, URL)}, "it takes effect or stays usable"))
def a_batch_with_too_little_gas(t: Target) -> Seen:
    """A spender uses up a request without its effect, by choosing the amount of gas."""
    return _with_any_gas(t, t.sign(OPERATOR, "setNode", URL))


@attack(v1=_NO_BATCHES, v3=Sees({(0, ""), (1, URL)}, "it takes effect or stays usable"))
def a_contract_request_with_too_little_gas(t: Target) -> Seen:
    """The same, with a contract's request: the contract may get too little gas to accept."""
    return _with_any_gas(t, Signed("setNode", place(t, "says yes"), (URL,), b"", 0, DEADLINE))


@attack(v1=_NO_BATCHES, v3=Refuses("PartyIdTaken", *IDS[CPO], CPO))
def a_foreign_import_in_a_batch_of_the_owner(t: Target) -> Seen:
    """A request in the owner's batch has the owner's power."""
    with_parties(t)
    item = t.raw_calldata(t.sign(ATTACKER, "setParty", *IDS[CPO], [0], OPERATOR))
    t.strike_with(t.registry, _batch(t, "multicall", item), OWNER)
    return Seen(t.read("partyOf", *IDS[CPO]), ATTACKER)


def _with_any_gas(t: Target, signed: Signed) -> Seen:
    """Send a request in a batch with each amount of gas, and return nonces and effects."""
    batch = _batch(t, "tryMulticall", t.raw_calldata(signed))
    states = set()
    for gas in range(30_000, 200_000, 4_000):
        snapshot = t.chain.request("evm_snapshot")
        t.registry.send(batch, sender=SPENDER, gas=gas, check=False)
        state = (t.read("nonces", signed.signer), t.read("getNode", signed.signer))
        if state == (0, ""):
            t.submit(signed)  # it stays usable
        states.add(state)
        t.chain.request("evm_revert", snapshot)
    return Seen(states, {(0, ""), (1, ""), (1, URL)})


def _batch(t: Target, kind: str, *items: bytes) -> bytes:
    return t.registry.functions[kind].calldata(items)
