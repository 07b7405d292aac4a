"""The table of permissions: every permission with every message."""

import pytest

from ocn_registry import InvalidInput, Module, Permission
from ocn_registry.forwarding import is_forwarded, permissions_for
from ocn_registry.models import Interface

# From the design: the module and the interface that each id matches; `None` matches any.
TABLE = {0: (None, None), 1: (None, "sender"), 2: (None, "receiver")}
MODULES = ["locations", "sessions", "cdrs", "tariffs", "tokens", "commands", "chargingprofiles"]
for place, name in enumerate(MODULES):
    TABLE[3 + 2 * place] = (name, "sender")
    TABLE[4 + 2 * place] = (name, "receiver")


@pytest.mark.parametrize("interface", ["sender", "receiver"])
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("permission", TABLE)
def test_permission_matches_as_the_table_says(permission, module, interface):
    of_module, of_interface = TABLE[permission]
    due = of_module in {None, module} and of_interface in {None, interface}
    assert is_forwarded([permission], module, interface) == due
    named = Module[module.upper()], Interface(interface)
    assert is_forwarded((Permission(permission),), *named) == due


def test_table_has_every_permission():
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("interface", ["sender", "receiver"])
@pytest.mark.parametrize("module", ["credentials", "HubClientInfo", "versions"])
def test_modules_between_party_and_node_match_nothing(module, interface):
    assert not permissions_for(module, interface)
    assert not is_forwarded(list(Permission), module, interface)


@pytest.mark.parametrize("interface", ["sender", "receiver"])
@pytest.mark.parametrize("module", ["payments", "bookings", "InvoiceReconciliation", "my-module"])
def test_module_without_own_permissions_is_matched_by_general_ones(module, interface):
    side = Permission[f"FORWARD_ALL_{interface.upper()}"]
    assert permissions_for(module, interface) == {Permission.FORWARD_ALL, side}


@pytest.mark.parametrize("module", ["", "a/b", "x" * 256])
def test_invalid_module_name_is_refused(module):
    with pytest.raises(InvalidInput, match="not a valid module"):
        permissions_for(module, "sender")


@pytest.mark.parametrize("interface", ["sender", "receiver"])
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("number", [17, 63, 2**256 - 1, -1])
def test_permission_without_a_name_matches_nothing(number, module, interface):
    assert not is_forwarded([number], module, interface)


def test_any_permission_that_matches_counts():
    assert is_forwarded([63, 14, 3], "locations", "sender")
    assert not is_forwarded([], "locations", "sender")


def test_case_of_names_is_ignored():
    assert is_forwarded([3], "Locations", "SENDER")


@pytest.mark.parametrize("interface", ["", "both", "sender "])
def test_unknown_interface_is_refused(interface):
    with pytest.raises(InvalidInput, match="is not a valid interface: use sender or receiver"):
        is_forwarded([0], "locations", interface)
