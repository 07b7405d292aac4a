"""Anyone can verify the contracts at an address, and gets exact differences."""

import asyncio
from dataclasses import replace

import pytest

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.deploy.verify import Wanted, code_differences, verify, verify_async
from ocn_registry.errors import UnsupportedByDialect, WrongChain
from ocn_registry.models import Address, Contract
from ocn_registry.transport.http_async import AsyncHttpTransport
from ocn_registry.transport.http_sync import HttpTransport

STRANGER = Address("0x" + "42" * 20)


def code_at(devnet, address):
    return bytearray.fromhex(devnet.request("eth_getCode", address, "latest")[2:])


def set_code(devnet, address, code):
    devnet.request("anvil_setCode", address, "0x" + bytes(code).hex())


def creations(devnet):
    """Return the transactions that created the contracts: the first two of the chain."""
    blocks = [devnet.request("eth_getBlockByNumber", hex(at), False) for at in (1, 2)]
    registry, permissions = (block["transactions"][0] for block in blocks)
    return {"registry_tx_hash": registry, "permissions_tx_hash": permissions}


def places_of(contract):
    name = "Registry" if contract is Contract.REGISTRY else "Permissions"
    return [
        (variable, start)
        for variable, places in artifact("v3", name).immutables
        for start, _ in places
    ]


def address_of(deployment, contract):
    return deployment.registry if contract is Contract.REGISTRY else deployment.permissions


def test_what_was_deployed_is_verified_with_its_arguments(fresh, transport):
    owner = fresh.accounts[0].address
    wanted = Wanted(
        owner=owner, first_owner=owner, import_open=True, deployed_open=True, **creations(fresh)
    )
    found = verify(fresh.deployment(), transport, wanted=wanted)
    assert found.differences == ()
    assert found.is_verified
    assert (found.owner, found.pending_owner) == (owner, None)
    assert found.import_open == found.deployed_open == (True, True)


def test_asynchronous_callers_get_the_same_result(fresh, transport):
    async def check():
        there = AsyncHttpTransport([fresh.rpc_url])
        try:
            return await verify_async(fresh.deployment(), there, wanted=Wanted(owner=STRANGER))
        finally:
            await there.close()

    expected = verify(fresh.deployment(), transport, wanted=Wanted(owner=STRANGER))
    assert asyncio.run(check()) == expected
    assert [str(difference) for difference in expected.differences] == [
        f"Registry: the owner is {fresh.accounts[0].address} and should be {STRANGER}"
    ]


@pytest.mark.parametrize("contract", list(Contract))
@pytest.mark.parametrize("place", [0, 5000, -1, -20])
def test_changed_byte_is_found_and_named(fresh, transport, contract, place):
    deployment = fresh.deployment()
    code = code_at(fresh, address_of(deployment, contract))
    place %= len(code)
    before = code[place]
    code[place] ^= 1
    differences = code_differences(deployment, contract, bytes(code))
    assert [(d.contract, d.expected, d.found) for d in differences] == [
        (contract, f"0x{before:02x}", f"0x{before ^ 1:02x}")
    ]
    assert f"byte {place} " in str(differences[0])
    set_code(fresh, address_of(deployment, contract), code)
    assert set(differences) <= set(verify(deployment, transport).differences)


@pytest.mark.parametrize("contract", list(Contract))
def test_each_place_of_each_immutable_is_checked(fresh, contract):
    deployment = fresh.deployment()
    there = code_at(fresh, address_of(deployment, contract))
    for name, start in places_of(contract):
        code = there.copy()
        code[start] ^= 0x80
        whats = [d.what for d in code_differences(deployment, contract, bytes(code))]
        assert any(name in what and f"byte {start} " in what for what in whats), whats


def test_every_single_byte_counts(fresh):
    """In the deployed code and in the artifact, since they are compared with each other."""
    deployment = fresh.deployment()
    code = code_at(fresh, deployment.permissions)
    assert code_differences(deployment, Contract.PERMISSIONS, bytes(code)) == []
    for place in range(0, len(code), 97):
        code[place] ^= 0xFF
        assert code_differences(deployment, Contract.PERMISSIONS, bytes(code))
        code[place] ^= 0xFF


def test_another_registry_behind_permissions_is_found(fresh, transport):
    deployment = replace(fresh.deployment(), registry=STRANGER)
    found = verify(deployment, transport)
    assert not found.is_verified
    lines = "\n".join(map(str, found.differences))
    assert "Registry: the code is missing" in lines
    assert "Permissions: the value registry at byte" in lines
    assert found.owner is None


def test_addresses_in_the_wrong_order_are_found(fresh, transport):
    there = fresh.deployment()
    swapped = replace(there, registry=there.permissions, permissions=there.registry)
    assert not verify(swapped, transport).is_verified


def test_constructor_arguments_and_transactions_are_compared_with_expectations(fresh, transport):
    deployment, known = fresh.deployment(), creations(fresh)
    found = verify(
        deployment, transport, wanted=Wanted(first_owner=STRANGER, deployed_open=False, **known)
    )
    assert [difference.what.split(" in ")[0] for difference in found.differences] == [
        "importOpen at deploy",
        "the first argument",
        "importOpen at deploy",
    ]
    crossed = Wanted(
        registry_tx_hash=known["permissions_tx_hash"], permissions_tx_hash="0x" + "11" * 32
    )
    found = verify(deployment, transport, wanted=crossed)
    assert [difference.expected for difference in found.differences] == [
        f"the creation of {deployment.registry}",
        f"the creation of {deployment.permissions}",
    ]


def test_chain_of_another_id_is_refused(fresh, transport):
    with pytest.raises(WrongChain):
        verify(replace(fresh.deployment(), chain_id=246), HttpTransport([fresh.rpc_url]))


def test_generation_without_published_code_is_refused(fresh, transport):
    with pytest.raises(UnsupportedByDialect, match="not published"):
        verify(replace(fresh.deployment(), dialect="v1"), transport)
