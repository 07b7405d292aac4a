"""Our signatures for v1's contracts equal those of v1's published library, byte for byte.

Where that library fails - texts that JavaScript takes for numbers - v1's contracts decide: they
take ours.
"""

import json
import re
import shutil
import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocn_registry import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    KeySigner,
    Module,
    PartyId,
    RevokeAgreement,
    Role,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    connect,
)
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.dialects import dialect_of
from ocn_registry.models import Address
from ocn_registry.networks import built_in

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "dist" / "lib" / "sign.js"
DIALECT = dialect_of(built_in("ewc"))
# Answers each line of JSON [function, arguments, key] with one: r, s and v, or the error.
SIGN_JS = """
const sign = require(process.argv[1]);
const { ethers } = require(require.resolve("ethers", { paths: [process.argv[1]] }));
const { toHex } = require(require.resolve("web3-utils", { paths: [process.argv[1]] }));
const hex = (text) => toHex(text.toUpperCase()); // as its wrapper of the contracts does
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const [name, given, key] = JSON.parse(line);
  try {
    if (name === "setPartyRaw") { given[0] = hex(given[0]); given[1] = hex(given[1]); }
    const told = await sign[name](...given, new ethers.Wallet(key));
    console.log(JSON.stringify(told.r + told.s.slice(2) + told.v.toString(16)));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
});
"""


@pytest.fixture(scope="module")
def library():
    """Yield a function that has v1's library sign."""
    node = shutil.which("node")
    assert node, "Node.js is missing: make setup"
    process = subprocess.Popen(
        [node, "-e", SIGN_JS, str(LIBRARY)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def sign(function, arguments, key):
        process.stdin.write(json.dumps([function, arguments, "0x" + key.hex()]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield sign
    process.stdin.close()
    process.wait(timeout=120)
    process.stdout.close()


# The library does not sign text that JavaScript reads as a number.
JS_NUMBER = re.compile(r"\d+|\dE\d|0[XBO].", re.ASCII)
keys = st.integers(1, 2**128 - 1).map(lambda number: (number**2).to_bytes(32, "big"))
addresses = st.binary(min_size=20, max_size=20).filter(any).map(Address.from_bytes)
country_codes = st.text(string.ascii_uppercase, min_size=2, max_size=2)
party_ids = st.text(string.ascii_uppercase + string.digits, min_size=3, max_size=3).filter(
    lambda text: not JS_NUMBER.fullmatch(text)
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=0, max_size=40).map(
    lambda text: "Name " + text
)
domains = st.from_regex(
    r"https://[a-z][a-z0-9]{0,20}\.[a-z]{2,9}(:[1-9][0-9]{0,3})?(/[a-z]{1,9})?", fullmatch=True
)
# Values that first-generation contracts accept.
roles = st.lists(st.sampled_from(list(Role)[:7]), min_size=1, max_size=8)
modules = st.lists(st.sampled_from(list(Module)[:7]), max_size=8)
permissions = st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=8)

intents = st.one_of(
    st.builds(SetNode, domain=domains),
    st.just(DeleteNode()),
    st.builds(
        SetParty, country_code=country_codes, party_id=party_ids, roles=roles, operator=addresses
    ),
    st.builds(SetPartyModules, sender=modules, receiver=modules),
    st.just(DeleteParty()),
    st.builds(
        SetService, name=st.just("") | texts, url=st.just("") | domains, permissions=permissions
    ),
    st.just(DeleteService()),
    st.builds(CreateAgreement, provider=addresses),
    st.builds(RevokeAgreement, provider=addresses),
)


def as_its_library_takes_it(intent):
    name = type(intent).__name__
    function = f"{name[0].lower()}{name[1:]}Raw"
    match intent:
        case SetNode():
            return function, [intent.domain]
        case SetParty():
            given = [intent.country_code, intent.party_id]
            return function, [*given, list(map(int, intent.roles)), intent.operator]
        case SetPartyModules():
            return function, [list(map(int, intent.sender)), list(map(int, intent.receiver))]
        case SetService():
            return function, [intent.name, intent.url, list(map(int, intent.permissions))]
        case CreateAgreement() | RevokeAgreement():
            return function, [intent.provider]
        case _:
            return function, []


def ours(intent, key):
    signer = KeySigner.from_key(key)
    request = DIALECT.request(intent, signer.address, nonce=0, deadline_unix_s=0)
    return "0x" + request.sign(signer).signature.hex()


@settings(max_examples=300, deadline=None)
@given(intent=intents, key=keys)
def test_signature_equals_that_of_the_published_library(library, intent, key):
    assert ours(intent, key) == library(*as_its_library_takes_it(intent), key)


NUMERIC_IDS = ["123", "007", "1E2", "0X1", "000"]
NUMERIC_NAMES = ["12345", "0x12", "1e5", "-7", " ", "0b1"]


@pytest.mark.parametrize("party_id", NUMERIC_IDS)
def test_published_library_fails_for_numeric_ids(library, party_id):
    key = b"\x07" * 32
    intent = SetParty(
        country_code="DE", party_id=party_id, roles=[Role.CPO], operator="0x" + "12" * 20
    )
    assert ours(intent, key) != library(*as_its_library_takes_it(intent), key)


@pytest.mark.parametrize("name", NUMERIC_NAMES)
def test_published_library_fails_for_numeric_names(library, name):
    key = b"\x07" * 32
    intent = SetService(name=name, permissions=[1])
    assert ours(intent, key) != library(*as_its_library_takes_it(intent), key)


@pytest.fixture(scope="module")
def client():
    with Devnet(with_v1=True) as devnet, connect(devnet.v1_deployment()) as client:
        operator = KeySigner.from_key(devnet.accounts[1].private_key)
        client.set_node("https://node.example", signer=operator)
        client.operator = operator
        yield client


@pytest.mark.parametrize("party_id", NUMERIC_IDS)
def test_v1_contracts_accept_our_signatures_for_numeric_ids(client, party_id):
    party = KeySigner.generate()
    intent = SetParty(
        country_code="DE",
        party_id=party_id,
        roles=[Role.CPO],
        operator=client.operator.address,
    )
    client.submit(client.sign(intent, party), spender=client.operator)
    assert client.party("DE", party_id).address == party.address
    assert client.party(party.address).id == PartyId("DE", party_id)


@pytest.mark.parametrize(("place", "name"), enumerate(NUMERIC_NAMES))
def test_v1_contracts_accept_our_signatures_for_numeric_names(client, place, name):
    provider = KeySigner.generate()
    party = SetParty(
        country_code="AT",
        party_id=f"A{place:02}",
        roles=[Role.SCSP],
        operator=client.operator.address,
    )
    client.submit(client.sign(party, provider), spender=client.operator)
    service = SetService(name=name, url="", permissions=[3, 1, 3])
    client.submit(client.sign(service, provider), spender=client.operator)
    assert client.service(provider.address).name == name
