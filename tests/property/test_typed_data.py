"""The digests of the package, of ethers, of the tests and of the contracts are equal."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from histories.chain import CHAIN_ID
from histories.people import KEYS, TYPES, Signatures, digest, sign
from histories.run import world
from histories.views import INTERFACES
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ocn_registry.contract_errors import InvalidNonce, InvalidSignature, SignatureExpired
from ocn_registry.models import Address
from ocn_registry.signing import Domain, StructType, TypedData
from ocn_registry.testing.model import Call, Permissions, Registry, SignedFields

HERE = Path(__file__).resolve().parent
_, ONE, *_ = KEYS
FAR = 2**256 - 1
# An acceptance comes with another request: it has no function of its own.
ACCEPTED_BY = {"AcceptAccount": "moveAccount", "AcceptController": "setController"}
# After a valid request, the acceptance fails for its nonce and names another account.
NO_ACCEPTANCE = (FAR, FAR, b"")

numbers = st.one_of(st.integers(0, 2**256 - 1), st.integers(0, 20), st.just(2**256 - 1))
addresses = st.one_of(
    st.binary(min_size=20, max_size=20).map(Address.from_bytes), st.sampled_from(list(KEYS))
)
VALUES = {
    "address": addresses,
    "string": st.text(max_size=80),
    "uint256": numbers,
    "uint8[]": st.lists(st.integers(0, 255), max_size=12).map(tuple),
    "uint256[]": st.lists(numbers, max_size=12).map(tuple),
}
IDS = {"countryCode": 2, "partyId": 3}


def fields_of(primary_type: str) -> tuple[tuple[str, str], ...]:
    return StructType.parse(TYPES[primary_type]).fields


def value_of(kind: str, name: str):
    if size := IDS.get(name):
        return st.text(st.characters(max_codepoint=127), min_size=size, max_size=size)
    return VALUES[kind]


def contract_of(primary_type: str) -> type[Registry | Permissions]:
    raw = primary_type[0].lower() + primary_type[1:] + "Raw"
    only_there = raw in Permissions.externals and raw not in Registry.externals
    return Permissions if only_there else Registry


@st.composite
def requests(draw):
    """Draw typed data for any contract on any chain."""
    primary_type = draw(st.sampled_from(sorted(TYPES)))
    return SignedFields(
        name=contract_of(primary_type).name,
        chain_id=draw(st.one_of(st.sampled_from([1, 246, 73799]), st.integers(1, 2**63))),
        contract=draw(addresses),
        primary_type=primary_type,
        values=tuple(draw(value_of(kind, name)) for kind, name in fields_of(primary_type)),
    )


def by_package(request: SignedFields) -> TypedData:
    domain = Domain(
        name=request.name,
        version="3",
        chain_id=request.chain_id,
        contract=request.contract,
    )
    kind = StructType.parse(TYPES[request.primary_type])
    return TypedData(domain=domain, type=kind, values=request.values)


def by_ethers(many: list[SignedFields]) -> list[bytes]:
    documents = []
    for request in many:
        document = by_package(request).document()
        types = {request.primary_type: document["types"][request.primary_type]}
        message, domain = document["message"], document["domain"]
        documents.append({"domain": domain, "types": types, "message": message})
    answer = subprocess.run(
        ["node", HERE / "ethers_digests.mjs"],  # noqa: S607 - `make` puts the right one on PATH
        input=json.dumps(documents),
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [bytes.fromhex(one[2:]) for one in json.loads(answer.stdout)]


@settings(max_examples=300)
@given(requests())
def test_the_digest_of_the_tests_equals_that_of_the_package(request_):
    assert digest(request_) == by_package(request_).digest()


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.lists(requests(), min_size=100, max_size=150))
def test_the_digest_of_the_package_equals_that_of_ethers(many):
    assert [by_package(one).digest() for one in many] == by_ethers(many)


@pytest.fixture(scope="module")
def here():
    with world() as world_:
        yield world_


@st.composite
def messages_and_changes(draw):
    """Draw the fields of a request between signer and nonce, and another value for one of all."""
    primary_type = draw(st.sampled_from(sorted(TYPES)))
    fields = fields_of(primary_type)
    values = [draw(value_of(kind, name)) for kind, name in fields[1:-2]]
    place = draw(st.integers(1, len(fields) - 1))
    other = draw(value_of(*fields[place]))
    # An account need not accept itself.
    assume(primary_type not in ACCEPTED_BY or ONE not in (*values, other))
    return primary_type, values, place, other


@settings(max_examples=100)
@given(messages_and_changes())
def test_the_contract_accepts_only_the_signed_request(here, drawn):
    """A valid signature passes for any values, and fails if any field changes."""
    primary_type, between, place, other = drawn
    kind, pair = contract_of(primary_type), here.pairs[False]
    address = pair.registry if kind is Registry else pair.permissions
    good = SignedFields(
        name=kind.name,
        chain_id=CHAIN_ID,
        contract=address,
        primary_type=primary_type,
        values=(ONE, *between, 0, FAR),
    )
    signature = sign(ONE, digest(good))
    assert Signatures()(ONE, good, signature)
    assert not _refused(_asked(here, kind, address, primary_type, good.values, signature))
    changed = (*good.values[:place], other, *good.values[place + 1 :])
    if changed != good.values:
        assert _refused(_asked(here, kind, address, primary_type, changed, signature))


def _refused(error):
    """Return whether ONE's signature did not pass the check."""
    match error:
        case InvalidSignature(signer=signer):
            return signer == ONE
        case InvalidNonce(account=account):
            return account == ONE
    return isinstance(error, SignatureExpired)


def _asked(here, kind, address, primary_type, values, signature):
    """Return what sending these values would fail with; `None` if it would succeed."""
    name = primary_type[0].lower() + primary_type[1:]
    if primary_type in ACCEPTED_BY:
        accepting, sender, nonce, deadline = values
        call = Call(ACCEPTED_BY[primary_type], (accepting, (nonce, deadline, signature)))
    else:
        more = (NO_ACCEPTANCE,) if name in ACCEPTED_BY.values() else ()
        sender, call = ONE, Call(name + "Raw", (*values, signature, *more))
    batch = Call("tryMulticall", ((call,),))
    interface = INTERFACES[kind.name]
    data = "0x" + interface.calldata(batch).hex()
    answer = here.chain.request("eth_call", {"from": sender, "to": address, "data": data}, "latest")
    ((succeeded, result),) = interface.result_of(batch, bytes.fromhex(answer[2:]))
    return None if succeeded else result
