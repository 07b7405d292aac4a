"""A wrong argument is refused in one line, before any I/O."""

import asyncio
import datetime as dt
import pickle

import pytest

from ocn_registry import (
    InvalidInput,
    KeySigner,
    OutcomeUnknown,
    PartyId,
    Role,
    SetNode,
    WriteOptions,
    WrongChain,
    connect,
    connect_async,
)

KEY = "be367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd"
SIGNER = KeySigner.from_key(KEY)
NODE = SetNode(domain="https://node.example.org")
NOWHERE = ["http://127.0.0.1:9"]


@pytest.fixture
def client():
    with connect("local", rpc_urls=NOWHERE) as client:
        yield client


def request(client):
    return client.prepare(NODE, SIGNER.address, nonce=0)


MISTAKES = {
    "a block by name": (lambda c: c.nodes(block="latest"), "'latest' is not a valid block number"),
    "a block before the first": (lambda c: c.node(SIGNER.address, block=-1), "-1 is not a valid"),
    "a block as hash bytes": (lambda c: c.node(SIGNER.address, block=b"1"), "valid block number"),
    "blocks": (lambda c: c.node(SIGNER.address, block=[1]), "can't be the block number"),
    "a key as signer": (
        lambda c: c.set_node(NODE.domain, signer=KEY),
        "type str can't be the signer",
    ),
    "no signer": (lambda c: c.send(NODE, signer=None), "type NoneType can't be the signer"),
    "an address as spender": (
        lambda c: c.submit(request(c).sign(SIGNER), spender=SIGNER.address),
        "type Address can't be the spender",
    ),
    "a list of intents": (lambda c: c.send([NODE], signer=SIGNER), r"send\(\*steps\)"),
    "a class": (lambda c: c.quote(SetNode, payer=SIGNER.address), "can't be sent"),
    "a URL for an intent": (lambda c: c.prepare(NODE.domain, SIGNER.address), "not an intent"),
    "an unsigned request": (lambda c: c.submit(request(c), spender=SIGNER), "not a signed request"),
    "JSON of a request": (lambda c: c.verify(request(c).to_json()), "read its JSON with"),
    "no text": (lambda c: c.read_signed_request(None), "can't be the text"),
    "a document": (lambda c: c.read_request(request(c).document()), "type dict can't be the text"),
    "a nonce below 0": (lambda c: c.prepare(NODE, SIGNER.address, nonce=-1), "not a valid nonce"),
    "a nonce as text": (lambda c: c.sign(NODE, SIGNER, nonce="1"), "not a valid nonce"),
    "a date": (
        lambda c: c.sign(NODE, SIGNER, deadline_unix_s=dt.datetime.now(dt.UTC)),
        "can't be the deadline",
    ),
    "one role": (
        lambda c: c.set_party("DE", "ABC", Role.CPO, SIGNER.address, signer=SIGNER),
        "not a list of roles",
    ),
    "one permission": (lambda c: c.set_service(0, signer=SIGNER), "not a list of permissions"),
    "options as a dict": (
        lambda c: c.send(NODE, signer=SIGNER, options={"confirmations": 2}),
        "type dict can't be the options",
    ),
    "a price for a quote": (
        lambda c: c.send(NODE, signer=SIGNER, quote=5),
        "can't be the quote: give what quote",
    ),
    "an observer that is none": (
        lambda _: WriteOptions(on_signed="print"),
        "type str can't be the on_signed: give a function",
    ),
    "an observer to be awaited": (
        lambda _: WriteOptions(on_sent=asyncio.sleep),
        "on_sent is an async function, and is not awaited: give a plain one",
    ),
    "an observer of a list to be awaited": (
        lambda c: c.nodes(on_read=asyncio.sleep),
        "on_read is an async function, and is not awaited: give a plain one",
    ),
    "an id in three": (lambda c: c.events(party=("DE", "ABC", "X")), "not the id of a party"),
    "a module by number": (
        lambda c: c.services_for("DE", "ABC", module="locations", interface=None),
        "not a valid interface",
    ),
}


@pytest.mark.parametrize(("ask", "says"), MISTAKES.values(), ids=MISTAKES)
def test_mistake_of_a_caller_is_refused_in_one_line(client, ask, says):
    with pytest.raises(InvalidInput, match=says) as error:
        ask(client)
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)


def test_async_client_refuses_the_same():
    async def ask():
        async with connect_async("local", rpc_urls=NOWHERE) as client:
            with pytest.raises(InvalidInput, match="type str can't be the signer"):
                await client.send(NODE, signer=KEY)
            with pytest.raises(InvalidInput, match="type dict can't be the options"):
                await client.set_node(NODE.domain, signer=SIGNER, options={"tip": 2})
            with pytest.raises(InvalidInput, match="not a list of roles"):
                await client.set_party("DE", "ABC", Role.CPO, SIGNER.address, signer=SIGNER)
            with pytest.raises(InvalidInput, match="valid block number"):
                await client.nodes(block="latest")

    asyncio.run(ask())


def test_id_is_accepted_as_two_arguments():
    assert PartyId.of(("DE", "ABC")) == PartyId.of(PartyId("DE", "ABC")) == PartyId("DE", "ABC")
    for other in ("DEAB", ("DE",), None, ["DE", "ABC", "X"]):
        with pytest.raises(InvalidInput, match="id of a party"):
            PartyId.of(other)


def test_errors_can_be_pickled():
    for error in (OutcomeUnknown("0x" + "12" * 32, "why"), WrongChain(1, 2), InvalidInput("x")):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
