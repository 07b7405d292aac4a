"""The signer is a contract, which is called by the contract that it attacks (ERC-1271)."""

from functools import partial

from arena.attack import NotThere, Refuses, Seen, Sees, Several, attack, refusal_of, several
from arena.contracts import contract_at, place, place_code, sends_when_asked
from arena.people import ATTACKER, EMSP, OPERATOR, SPENDER, Person
from arena.target import DEADLINE, Refused, Signed, Target

from .world import OTHER_URL, URL

_NO_CONTRACTS = NotThere("contracts can't sign")
_EVIL = "https://evil.example"
# The gas limit of a signer's contract, plus the most that the rest of such a request costs.
_BOUND_GAS = 250_000 + 90_000


@attack(v1=_NO_CONTRACTS, v3=Sees(OTHER_URL, "the others' requests go through"))
def a_signer_that_burns_the_gas_of_a_batch(t: Target) -> Seen:
    """One request uses up the gas of all those after it."""
    burner = place(t, "burns all gas")
    items = [
        t.raw_calldata(t.sign(OPERATOR, "setNode", URL)),
        t.raw_calldata(_by(burner, _EVIL)),
        t.raw_calldata(t.sign(EMSP, "setNode", OTHER_URL)),
    ]
    batch = t.registry.functions["tryMulticall"].calldata(items)
    refusal_of(lambda: t.strike_with(t.registry, batch, SPENDER, gas=650_000))
    return Seen(t.read("getNode", EMSP), "")


@attack(v1=_NO_CONTRACTS, v3=Sees(value=False, meaning="it burns 250,000 gas at most"))
def a_signer_that_burns_the_money_of_a_spender(t: Target) -> Seen:
    """One request costs its relayer a block's gas."""
    return Seen(_gas_of(t, _by(place(t, "burns all gas"), _EVIL)) > _BOUND_GAS, wanted=True)


@attack(v1=_NO_CONTRACTS, v3=Sees(value=False, meaning="only 32 bytes are read"))
def a_signer_that_answers_with_megabytes(t: Target) -> Seen:
    """The answer is copied at the spender's cost, beyond what the signer itself may use."""
    return Seen(_gas_of(t, _by(place(t, "answers with 300 kB"), _EVIL)) > _BOUND_GAS, wanted=True)


@attack(v1=_NO_CONTRACTS, v3=Sees((1, 1), "it takes effect once: the check is a static call"))
def a_signer_that_sends_its_request_while_it_is_asked(t: Target) -> Seen:
    """A request takes effect twice, the second time inside the first."""
    signer = place_code(t, "sends", "")
    inner = _by(signer, URL, signature=b"")
    data = t.raw_calldata(inner)
    place_code(t, "sends", sends_when_asked(t.registry.address, data))
    receipt = t.strike(inner.but(signature=b"\x01"))
    return Seen((len(receipt.events), t.read("nonces", signer)), (2, 1))


@attack(v1=_NO_CONTRACTS, v3=Sees("", "its write has no effect: the check is a static call"))
def a_signer_that_writes_while_it_is_asked(t: Target) -> Seen:
    """A spender that sends one request also sends another write."""
    data = t.registry.functions["setNode"].calldata(_EVIL)
    signer = place_code(t, "sends", sends_when_asked(t.permissions.address, b""))
    other = t.another()
    place_code(t, "sends", sends_when_asked(other.registry.address, data))
    t.strike(_by(signer, URL, signature=b"\x01"))
    return Seen(other.read("getNode", signer), _EVIL)


@attack(v1=_NO_CONTRACTS, v3=Sees({}, "each is `InvalidSignature`"))
def a_signer_that_does_not_accept(t: Target) -> Seen:
    """Anyone can write in the name of a contract that does not sign."""
    behaviours = (
        "answers nothing",
        "says true",
        "says yes in 4 bytes",
        "says yes in 31 bytes",
        "says yes as a number",
        "says yes and more",
        "says yes and reverts",
        "repeats the question",
    )
    return _several(t, [place(t, behaviour, n) for n, behaviour in enumerate(behaviours)])


@attack(v1=_NO_CONTRACTS, v3=Sees({}, "each is `InvalidSignature`"))
def a_signer_that_is_part_of_the_chain(t: Target) -> Seen:
    """Anyone can write in the name of a precompiled contract: number 4 returns its input."""
    return _several(t, [Person(f"precompile {n}", f"0x{n:040x}") for n in range(1, 10)])


@attack(v1=_NO_CONTRACTS, v3=Sees({}, "each is `InvalidSignature`"))
def a_signer_that_is_the_registry(t: Target) -> Seen:
    """Anyone can write in the name of one of the two contracts."""
    return _several(t, [Person("", t.registry.address), Person("", t.permissions.address)])


@attack(v1=_NO_CONTRACTS, v3=Refuses("InvalidNonce", contract_at(1), 1))
def a_contract_signature_used_twice(t: Target) -> Seen:
    """A contract accepts a digest a second time."""
    signer = place(t, "says yes")
    signed = _by(signer, URL)
    t.submit(signed)
    receipt = t.strike(signed, ATTACKER)
    return Seen(len(receipt.events), 1)


@attack(v1=_NO_CONTRACTS, v3=Sees((URL, ""), "direct writes of a batch are its sender's"))
def a_signer_mistaken_for_the_sender_of_a_batch(t: Target) -> Seen:
    """After a contract's request, a batch continues in the name of that contract."""
    signer = place(t, "says yes")
    items = [t.raw_calldata(_by(signer, URL)), t.calldata("setNode", _EVIL)]
    t.strike_with(t.registry, t.registry.functions["multicall"].calldata(items), ATTACKER)
    assert t.read("getNode", ATTACKER) == _EVIL
    return Seen((t.read("getNode", signer), ""), (_EVIL, ""))


def _by(signer: Person, url: str, signature: bytes = b"anything") -> Signed:
    return Signed("setNode", signer, (url,), signature, 0, DEADLINE)


def _several(t: Target, signers: list[Person]) -> Several:
    return several(
        (
            f"{signer}: {signer.address}",
            Refused("InvalidSignature", signer),
            partial(t.strike, _by(signer, f"{_EVIL}/{n}"), ATTACKER),
        )
        for n, signer in enumerate(signers)
    )


def _gas_of(t: Target, signed: Signed) -> int:
    data = t.raw_calldata(signed)
    return int(t.registry.send(data, sender=SPENDER, check=False).gas_used)
