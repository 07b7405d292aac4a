"""Ownership is transferred in two steps, and the Registry's owner owns both contracts."""

import pytest
from kit.contract import ZERO_ADDRESS, event, reverts


def test_owner_is_named_at_deployment(registry, owner):
    assert registry.owner() == owner.address
    assert registry.pendingOwner() == ZERO_ADDRESS


def test_handover_takes_two_steps(registry, owner, cpo):
    first = registry.transferOwnership(cpo, sender=owner)

    assert first.events == (event("OwnershipTransferStarted", owner, cpo),)
    assert registry.owner() == owner.address
    assert registry.pendingOwner() == cpo.address

    second = registry.acceptOwnership(sender=cpo)

    assert second.events == (event("OwnershipTransferred", owner, cpo),)
    assert registry.owner() == cpo.address
    assert registry.pendingOwner() == ZERO_ADDRESS


def test_named_owner_has_no_power_before_it_accepts(registry, listed_node, owner, operator, cpo):
    listed_node(operator)
    registry.transferOwnership(cpo, sender=owner)

    with reverts("OwnableUnauthorizedAccount", cpo):
        registry.adminDeleteOperator(operator, sender=cpo)
    registry.adminDeleteOperator(operator, sender=owner)


def test_earlier_owner_has_no_power_afterwards(registry, listed_node, owner, operator, cpo):
    listed_node(operator)
    registry.transferOwnership(cpo, sender=owner)
    registry.acceptOwnership(sender=cpo)

    with reverts("OwnableUnauthorizedAccount", owner):
        registry.adminDeleteOperator(operator, sender=owner)
    registry.adminDeleteOperator(operator, sender=cpo)


@pytest.mark.parametrize("caller", ["stranger", "owner"])
def test_only_the_named_owner_accepts(registry, roles, owner, cpo, caller):
    registry.transferOwnership(cpo, sender=owner)

    with reverts("OwnableUnauthorizedAccount", roles[caller]):
        registry.acceptOwnership(sender=roles[caller])


def test_handover_can_be_withdrawn(registry, owner, cpo, stranger):
    registry.transferOwnership(stranger, sender=owner)
    registry.transferOwnership(cpo, sender=owner)

    with reverts("OwnableUnauthorizedAccount", stranger):
        registry.acceptOwnership(sender=stranger)
    registry.acceptOwnership(sender=cpo)


def test_handover_to_the_zero_address_cancels(registry, owner, cpo):
    registry.transferOwnership(cpo, sender=owner)
    registry.transferOwnership(ZERO_ADDRESS, sender=owner)

    with reverts("OwnableUnauthorizedAccount", cpo):
        registry.acceptOwnership(sender=cpo)


@pytest.mark.parametrize("function", ["transferOwnership", "renounceOwnership"])
def test_only_the_owner_transfers_it(registry, stranger, function):
    values = [stranger] if function == "transferOwnership" else []

    with reverts("OwnableUnauthorizedAccount", stranger):
        registry.functions[function](*values, sender=stranger)


def test_it_can_be_renounced(registry, listed_node, owner, operator):
    listed_node(operator)
    receipt = registry.renounceOwnership(sender=owner)

    assert receipt.events == (event("OwnershipTransferred", owner, ZERO_ADDRESS),)
    assert registry.owner() == ZERO_ADDRESS
    with reverts("OwnableUnauthorizedAccount", owner):
        registry.adminDeleteOperator(operator, sender=owner)


def test_renouncing_ends_a_handover_that_was_begun(registry, owner, cpo):
    registry.transferOwnership(cpo, sender=owner)
    registry.renounceOwnership(sender=owner)

    with reverts("OwnableUnauthorizedAccount", cpo):
        registry.acceptOwnership(sender=cpo)


def test_permissions_has_no_owner_of_its_own(permissions):
    for function in ("owner", "pendingOwner", "transferOwnership", "renounceOwnership"):
        assert function not in permissions.functions


def test_permissions_knows_its_registry(registry, permissions):
    assert permissions.registry() == registry.address
