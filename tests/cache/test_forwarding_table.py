"""Forwarding: the whole table of permissions, with a cache and directly with the contracts.

`tests/unit/test_forwarding.py` tests the table itself; here it is tested end to end, from the
service that a provider has set to the answer that a node acts on.
"""

import pytest

from ocn_registry import Permission
from ocn_registry.models import Interface, Module
from ocn_registry.testing.kit import RegistryKit


@pytest.fixture(scope="module")
def agreed():
    """Yield a registry with a user, a provider, and a function that has them agree."""
    kit = RegistryKit.in_memory()
    node = kit.node()
    user, provider = kit.party("DE", "USR", node=node), kit.party("DE", "SRV", node=node)

    def agree(*permissions):
        kit.service(provider, *permissions)
        kit.agreement(user, provider)

    yield kit, user, provider, agree
    kit.close()


def receiving(who, user):
    return {
        (module, interface)
        for module in Module
        for interface in Interface
        if who.services_for(*user, module=module, interface=interface)
    }


def due(permission):
    """Return what a permission matches, by its name."""
    _, scope, *names = permission.name.split("_")
    side = Interface[names[-1]] if names else None
    only = Module[names[0]] if scope == "MODULE" else None
    return {
        (module, interface)
        for module in Module
        for interface in Interface
        if only in (None, module) and side in (None, interface)
    }


@pytest.mark.parametrize("permission", Permission, ids=lambda one: one.name)
def test_service_gets_what_its_permission_names(agreed, permission):
    kit, user, provider, agree = agreed
    agree(permission)
    cache, who = kit.cache(), (user.id.country_code, user.id.party_id)
    assert receiving(cache, who) == receiving(kit.client, who) == due(permission)
    for stranger in (("DE", "SRV"), ("XX", "XXX")):
        assert receiving(cache, stranger) == receiving(kit.client, stranger) == set()
    kit.client.revoke_agreement(provider.address, signer=user.signer)
    cache.refresh()
    assert receiving(cache, who) == receiving(kit.client, who) == set()


@pytest.mark.parametrize("module", ["payments", "bookings", "my-module"])
def test_modules_beyond_those_of_v1_are_forwarded_by_the_permissions_for_all(agreed, module):
    kit, user, _, agree = agreed
    who = (user.id.country_code, user.id.party_id)
    for permission in (Permission.FORWARD_ALL, Permission.FORWARD_ALL_SENDER):
        agree(permission)
        for one in (kit.cache(), kit.client):
            assert one.services_for(*who, module=module, interface="sender")
            both = permission is Permission.FORWARD_ALL
            assert bool(one.services_for(*who, module=module, interface="receiver")) == both
    agree(Permission.FORWARD_MODULE_CDRS_SENDER)
    for one in (kit.cache(), kit.client):
        assert not one.services_for(*who, module=module, interface="sender")


def test_permissions_of_a_service_add_up(agreed):
    kit, user, _, agree = agreed
    some = Permission.FORWARD_MODULE_CDRS_SENDER, Permission.FORWARD_ALL_RECEIVER
    agree(*some, 40)
    who = user.id.country_code, user.id.party_id
    together = due(some[0]) | due(some[1])
    assert receiving(kit.cache(), who) == receiving(kit.client, who) == together
