"""A batch gives each request the gas that it needs, in the most expensive state.

A request needs the least gas with which it takes effect on Anvil, alone in `tryMulticall`.
"""

import pytest
from eth_abi import encode

from ocn_registry import (
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    KeySigner,
    Module,
    MoveAccount,
    PartyId,
    RevokeAgreement,
    Role,
    SetController,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
    connect,
)
from ocn_registry.evm.keccak import selector
from ocn_registry.flows.gas import item_gas

IDS = 64
BATCH = "tryMulticall(bytes[])"
# The gas of a transaction before the batch's first item, which further items can't use.
START_GAS = 24_000
CONTRACT_GAS = 250_000
SHORT = "https://short.example"
PERMISSIONS = tuple(range(64))


def far(number):
    """Make a URL of 255 bytes."""
    return (f"https://{number:06}." + ("x" * 62 + ".") * 3 + "x" * 63)[:255]


FAR = far(900_000)


def key(name):
    return KeySigner.from_key((b"batch gas: " + name.encode()).rjust(32, b"\1"))


def party_id(number):
    return {"country_code": "DE", "party_id": f"{number:03}"}


FOUNDING, MIDDLE = party_id(0), party_id(IDS - 2)
ROLES = {"roles": tuple(Role)}
MODULES = {"sender": tuple(Module), "receiver": tuple(Module)}
PLATFORM, NEW, COLD = key("platform"), key("new"), key("cold")
RUNNER, PROVIDER, USER, NOBODY = key("runner"), key("provider"), key("user"), key("nobody")
AT = {"operator": key("operator 0").address}
LONG_SERVICE = SetService(name="n" * 100, url=FAR, permissions=PERMISSIONS)


@pytest.fixture(scope="module")
def registry(devnet):
    """List a platform with 64 ids and all modules, each id at another operator with a long URL."""
    snapshot = devnet.request("evm_snapshot")
    with connect(devnet.deployment()) as client:
        write = writing(devnet, client)
        for number in range(IDS):
            operator = key(f"operator {number}")
            write(operator, SetNode(domain=far(number)))
            one = {**party_id(number), **ROLES, "operator": operator.address}
            write(PLATFORM, SetParty(**one), SetPartyModules(**party_id(number), **MODULES))
        write(PLATFORM, SetNode(domain=far(IDS)))
        write(RUNNER, SetNode(domain=FAR))
        for number, who in enumerate((PROVIDER, USER, COLD), start=IDS):
            write(who, SetParty(**party_id(number), roles=[Role.CPO], **AT))
        write(PROVIDER, LONG_SERVICE)
        write(USER, LONG_SERVICE)
    yield devnet
    devnet.request("evm_revert", snapshot)


def writing(devnet, client):
    """Make a function that writes by signed requests."""
    spender = KeySigner.from_key(devnet.accounts[3].private_key)

    def write(signer, *intents):
        for intent in intents:
            signed = client.sign(intent, signer)
            if isinstance(intent, SetController):
                signed = signed.accept(COLD)
            client.submit(signed, spender=spender)

    return write


@pytest.fixture
def client(registry):
    snapshot = registry.request("evm_snapshot")
    with connect(registry.deployment()) as client:
        yield client
    registry.request("evm_revert", snapshot)


@pytest.fixture
def write(registry, client):
    return writing(registry, client)


def needed(devnet, client, signed):
    """Find the least gas of a batch in which the request takes effect."""
    write = client._dialect.write((signed,), each_alone=True)
    data = write.data
    if data[:4] != selector(BATCH):
        data = selector(BATCH) + encode(["bytes[]"], [[data]])

    def succeeds(gas):
        question = {"to": write.to, "data": "0x" + data.hex(), "gas": hex(gas)}
        try:
            answer = devnet.request("eth_call", question, "latest")
        except Exception:  # noqa: BLE001 - the batch itself ran out of gas
            return False
        return int(answer[2 + 3 * 64 : 2 + 4 * 64], 16) == 1

    low, high = 21_000, 8_000_000
    assert succeeds(high)
    while high - low > 100:
        middle = (low + high) // 2
        low, high = (low, middle) if succeeds(middle) else (middle, high)
    return high


WRITES = {
    "a node": (NOBODY, SetNode(domain=SHORT)),
    "a node far away": (NOBODY, SetNode(domain=far(700_000))),
    "a node moves near": (RUNNER, SetNode(domain=SHORT)),
    "a node moves far": (RUNNER, SetNode(domain=far(700_000))),
    "a node leaves": (RUNNER, DeleteNode()),
    "an id that is not current": (PLATFORM, SetParty(**MIDDLE, **ROLES, **AT)),
    "a new party": (NOBODY, SetParty(**party_id(900), **ROLES, **AT)),
    "a role many times": (
        NOBODY,
        SetParty(**party_id(900), roles=[Role.CPO] * 500, **AT),
    ),
    "modules": (PLATFORM, SetPartyModules(**MIDDLE, **MODULES)),
    "a website": (PLATFORM, SetPartyWebsite(**MIDDLE, website=FAR)),
    "an id leaves": (PLATFORM, DeleteParty(**MIDDLE)),
    "a move": (PLATFORM, MoveAccount(new_account=NEW.address)),
    "a controller": (PLATFORM, SetController(controller=NEW.address)),
    "a service": (COLD, SetService(name="n" * 20, url=SHORT, permissions=[1])),
    "a long service": (COLD, LONG_SERVICE),
    "a service is shortened": (PROVIDER, SetService(permissions=[1])),
    "a service leaves": (PROVIDER, DeleteService()),
    "an agreement": (COLD, CreateAgreement(provider=PROVIDER.address, permissions=PERMISSIONS)),
    "a raised nonce": (NOBODY, InvalidateNonce(contract=Contract.PERMISSIONS, new_nonce=65_536)),
}


@pytest.mark.parametrize("name", WRITES)
def test_each_kind_of_request_gets_the_gas_it_needs(client, devnet, name):
    signer, intent = WRITES[name]
    signed = client.sign(intent, signer)
    given = item_gas(signed, by_contract=False)
    if isinstance(intent, (MoveAccount, SetController)):
        signed = signed.accept(NEW)
        # The acceptance gets the gas that a contract may use for it.
        assert item_gas(signed, by_contract=False) - given > CONTRACT_GAS
    assert needed(devnet, client, signed) - START_GAS <= given


def test_giving_up_the_current_founding_id_gets_the_gas_it_needs(client, write, devnet):
    website = SetPartyWebsite(**FOUNDING, website=FAR)
    write(PLATFORM, website, SetPartyModules(**FOUNDING, **MODULES))
    assert client.party(PLATFORM.address).id == PartyId(**FOUNDING)
    signed = client.sign(DeleteParty(**FOUNDING), PLATFORM)
    assert needed(devnet, client, signed) - START_GAS <= item_gas(signed, by_contract=False)


def test_moving_an_account_with_heir_and_controller_gets_the_gas_it_needs(client, write, devnet):
    write(PLATFORM, DeleteParty(**FOUNDING), SetParty(**FOUNDING, **ROLES, **AT))
    write(PLATFORM, SetController(controller=COLD.address))
    prepared = client.prepare(MoveAccount(new_account=NEW.address), PLATFORM.address)
    signed = prepared.sign(COLD, as_controller=True)
    given = item_gas(signed, by_contract=False)
    assert needed(devnet, client, signed.accept(NEW)) - START_GAS <= given


def test_revoking_gets_the_gas_it_needs(client, write, devnet):
    for provider in (PROVIDER, USER):
        write(COLD, CreateAgreement(provider=provider.address, permissions=PERMISSIONS))
    signed = client.sign(RevokeAgreement(provider=PROVIDER.address), COLD)
    assert needed(devnet, client, signed) - START_GAS <= item_gas(signed, by_contract=False)


def test_a_long_signature_is_paid_for(client):
    request = client.sign(DeleteNode(), RUNNER).request
    short, long = (request.signed(b"\1" * size) for size in (100, 4_000))
    more = item_gas(long, by_contract=True) - item_gas(short, by_contract=True)
    assert more > 16 * 3_900
