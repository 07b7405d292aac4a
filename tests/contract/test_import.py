"""The import: the owner copies entries before a contract opens, and others have to wait."""

import pytest
from kit.contract import ZERO_ADDRESS, event, reverts
from kit.good_requests import KINDS, GoodRequests
from kit.signing import Requests

NODE = ("https://node.example.com",)
MAX_ITEMS = 100
# Requests that succeed while the import is open: deletions and revocations.
LEAVING = {"DeleteNode", "DeleteParty", "DeleteService", "RevokeAgreement"}


@pytest.fixture
def registry(importing_pair):
    return importing_pair.registry


@pytest.fixture
def permissions(importing_pair):
    return importing_pair.permissions


@pytest.fixture
def signed_request(importing_pair):
    return Requests(importing_pair.registry, importing_pair.permissions)


def party(
    who, code="DE", party_id="CPO", roles=(0,), sender=(), receiver=(), operator=None, website=""
):
    return (who, code.encode(), party_id.encode(), roles, sender, receiver, operator, website)


@pytest.fixture
def imported(registry, permissions, owner, operator, cpo, emsp, provider):
    """A small registry, imported: a node, three parties, a service, an agreement."""
    registry.importNodes([(operator, *NODE)], sender=owner)
    registry.importParties(
        [
            party(cpo, operator=operator),
            party(emsp, party_id="EMS", roles=[1], operator=operator),
            party(provider, party_id="SP1", roles=[6], operator=operator),
        ],
        sender=owner,
    )
    service = (provider, "Smart charging", "https://service.example.com", [1, 5])
    permissions.importServices([service], sender=owner)
    permissions.importAgreements([(emsp, provider, [1, 5])], sender=owner)


class TestGate:
    """Only imports, deletions, revocations and the owner's functions succeed."""

    @pytest.fixture
    def good_request(self, signed_request, roles):
        return GoodRequests(signed_request, roles, {})

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("door", ["direct", "raw"])
    @pytest.mark.usefixtures("imported")
    def test_every_write(self, good_request, spender, kind, door):
        request = good_request(kind)
        primary_type = kind.split()[0]

        def write():
            if door == "raw":
                return request.send(spender)
            name, values = request.direct
            return request.contract.functions[name](*values, sender=request.signer)

        if primary_type in LEAVING:
            write()
        else:
            with reverts("ImportStillOpen"):
                write()
            assert request.contract.nonces(request.signer) == 0

    @pytest.mark.usefixtures("imported")
    def test_v1_form_of_an_agreement_is_refused_too(self, permissions, cpo, provider):
        with reverts("ImportStillOpen"):
            permissions.createAgreement(provider, sender=cpo)

    @pytest.mark.usefixtures("imported")
    def test_owner_writes_no_entry_of_its_own(self, registry, owner, operator):
        with reverts("ImportStillOpen"):
            registry.setNode("https://owner.example.com", sender=owner)
        with reverts("ImportStillOpen"):
            registry.setParty(b"DE", b"OWN", [0], operator, sender=owner)

    @pytest.mark.usefixtures("imported")
    def test_owner_deletes_and_hands_over(self, registry, owner, operator, cpo):
        registry.adminDeleteParty(b"DE", b"CPO", sender=owner)
        registry.adminDeleteOperator(operator, sender=owner)
        registry.transferOwnership(cpo, sender=owner)

        assert registry.nodeCount() == 0
        assert registry.pendingOwner() == cpo.address

    @pytest.mark.usefixtures("imported")
    def test_signature_is_checked_before_the_gate(self, signed_request, operator, spender):
        request = signed_request.unsigned("SetNode", operator, "https://new.example.com")

        with reverts("InvalidSignature", operator):
            request.send(spender)

    @pytest.mark.usefixtures("imported")
    def test_gate_is_checked_before_the_values(
        self, registry, permissions, operator, cpo, provider
    ):
        wrong = [
            (registry.setNode, ("no URL",), operator),
            (registry.setParty, (b"de", b"cpo", [], operator), cpo),
            (registry.setPartyModules, ([16], [16]), cpo),
            (registry.setPartyModulesOf, (b"de", b"cpo", [16], [16]), cpo),
            (registry.setPartyWebsite, (b"de", b"cpo", "no URL"), cpo),
            (registry.moveAccount, (ZERO_ADDRESS, (0, 0, b"")), cpo),
            (registry.setController, (operator, (0, 0, b"")), cpo),
            (permissions.pruneService, (99,), cpo),
            (registry.invalidateNonce, (0,), cpo),
            (permissions.setService, ("\n", "no URL", [64]), provider),
            (permissions.createAgreementTo, (provider, [64]), cpo),
            (permissions.invalidateNonce, (0,), cpo),
        ]
        for function, values, sender in wrong:
            with reverts("ImportStillOpen"):
                function(*values, sender=sender)

    @pytest.mark.usefixtures("imported")
    def test_batches_do_not_circumvent_it(self, registry, operator, stranger):
        with reverts("ImportStillOpen"):
            registry.multicall([registry.setNode.calldata("https://a.b")], sender=stranger)
        receipt = registry.tryMulticall(
            [registry.setNode.calldata("https://a.b"), registry.deleteNode.calldata()],
            sender=operator,
        )

        assert receipt.events == (
            event("CallFailed", 0, registry.error_data("ImportStillOpen")),
            event("OperatorUpdate", operator, ""),
        )

    @pytest.mark.usefixtures("imported")
    def test_everything_succeeds_once_it_is_closed(
        self, registry, permissions, owner, operator, cpo, provider
    ):
        registry.closeImport(sender=owner)
        permissions.closeImport(sender=owner)

        registry.setNode("https://new.example.com", sender=operator)
        registry.setParty(b"DE", b"CPO", [1], operator, sender=cpo)
        registry.setPartyModules([0], [1], sender=cpo)
        registry.invalidateNonce(1, sender=cpo)
        permissions.setService("", "", [2], sender=provider)
        permissions.createAgreement(provider, sender=cpo)
        permissions.invalidateNonce(1, sender=cpo)


class TestGateOfEachContract:
    """Each contract has its own import."""

    @pytest.mark.usefixtures("imported")
    def test_registry_opens_alone(self, registry, permissions, owner, operator, provider):
        registry.closeImport(sender=owner)

        registry.setNode("https://new.example.com", sender=operator)
        with reverts("ImportStillOpen"):
            permissions.setService("", "", [2], sender=provider)

    @pytest.mark.usefixtures("imported")
    def test_permissions_open_alone(self, registry, permissions, owner, operator, provider):
        permissions.closeImport(sender=owner)

        permissions.setService("", "", [2], sender=provider)
        with reverts("ImportStillOpen"):
            registry.setNode("https://new.example.com", sender=operator)


class TestOpenAndClose:
    """closeImport, importOpen, renounceOwnership."""

    @pytest.fixture(params=["registry", "permissions"])
    def contract(self, request, importing_pair):
        return getattr(importing_pair, request.param)

    def test_import_state_is_readable(self, contract, owner):
        assert contract.importOpen() is True

        receipt = contract.closeImport(sender=owner)

        assert receipt.events == (event("ImportClosed"),)
        assert contract.importOpen() is False

    def test_contract_deployed_without_import_is_open(self, open_pair):
        assert open_pair.registry.importOpen() is False
        assert open_pair.permissions.importOpen() is False

    def test_it_closes_once(self, contract, owner):
        contract.closeImport(sender=owner)

        with reverts("ImportNotOpen"):
            contract.closeImport(sender=owner)

    @pytest.mark.parametrize("which", ["registry", "permissions"])
    def test_contract_deployed_without_import_has_none_to_close(self, open_pair, owner, which):
        with reverts("ImportNotOpen"):
            getattr(open_pair, which).closeImport(sender=owner)

    @pytest.mark.parametrize("caller", ["operator", "stranger"])
    def test_only_the_owner_closes_it(self, contract, roles, caller):
        with reverts("OwnableUnauthorizedAccount", roles[caller]):
            contract.closeImport(sender=roles[caller])

        assert contract.importOpen() is True

    def test_ownership_is_not_renounced_before(self, registry, owner):
        with reverts("ImportStillOpen"):
            registry.renounceOwnership(sender=owner)

        assert registry.owner() == owner.address

    def test_ownership_is_renounced_after(self, registry, owner):
        registry.closeImport(sender=owner)

        registry.renounceOwnership(sender=owner)

        assert registry.owner() == ZERO_ADDRESS

    def test_anybody_closes_it_once_there_is_no_owner(self, registry, permissions, owner, stranger):
        """Otherwise, Permissions would stay closed for ever."""
        registry.closeImport(sender=owner)
        registry.renounceOwnership(sender=owner)

        for caller in (owner, stranger):
            with reverts("OwnableUnauthorizedAccount", caller):
                permissions.importServices([], sender=caller)
        receipt = permissions.closeImport(sender=stranger)

        assert receipt.events == (event("ImportClosed"),)
        with reverts("ImportNotOpen"):
            permissions.closeImport(sender=stranger)

    def test_stranger_learns_that_it_is_not_the_owner(self, registry, stranger):
        with reverts("OwnableUnauthorizedAccount", stranger):
            registry.renounceOwnership(sender=stranger)

    def test_new_owner_imports_and_closes_in_both(self, registry, permissions, owner, cpo):
        registry.transferOwnership(cpo, sender=owner)
        registry.acceptOwnership(sender=cpo)

        for contract, importing in ((registry, "importNodes"), (permissions, "importServices")):
            with reverts("OwnableUnauthorizedAccount", owner):
                contract.functions[importing]([], sender=owner)
            with reverts("OwnableUnauthorizedAccount", owner):
                contract.closeImport(sender=owner)
            contract.functions[importing]([], sender=cpo)
            contract.closeImport(sender=cpo)


IMPORTS = {
    "importNodes": lambda n: (f"0x{n + 1:040x}", f"https://n{n}.example.com"),
    "importParties": lambda n: (
        f"0x{n + 1:040x}", b"DE", f"{n:03}".encode(), [0], [], [], "0x" + "77" * 20, "",
    ),
    "importServices": lambda n: (f"0x{n + 1:040x}", "", "", [1]),
    "importAgreements": lambda n: (f"0x{n + 1:040x}", "0x" + "00" * 19 + "01", [1]),
}  # fmt: skip


class TestEveryImport:
    """Rules of all four imports."""

    @pytest.fixture
    def contract_of(self, importing_pair):
        def contract_of(name):
            registry, permissions = importing_pair.registry, importing_pair.permissions
            return registry if name in registry.functions else permissions

        return contract_of

    @pytest.fixture
    def ready(self, registry, permissions, owner):
        """Create everything that a hundred items of any kind need."""

        def ready(name):
            if name in {"importServices", "importAgreements"}:
                items = [IMPORTS["importParties"](n) for n in range(101)]
                registry.importParties(items[:100], sender=owner)
                registry.importParties(items[100:], sender=owner)
            if name == "importAgreements":
                permissions.importServices([IMPORTS["importServices"](0)], sender=owner)

        return ready

    @pytest.mark.parametrize("name", IMPORTS)
    @pytest.mark.parametrize("caller", ["operator", "stranger"])
    def test_only_the_owner_imports(self, contract_of, roles, name, caller):
        with reverts("OwnableUnauthorizedAccount", roles[caller]):
            contract_of(name).functions[name]([], sender=roles[caller])

    @pytest.mark.parametrize("name", IMPORTS)
    def test_owner_is_checked_before_the_gate(self, open_pair, stranger, name):
        pair = (open_pair.registry, open_pair.permissions)
        contract = next(c for c in pair if name in c.functions)

        with reverts("OwnableUnauthorizedAccount", stranger):
            contract.functions[name]([], sender=stranger)

    @pytest.mark.parametrize("name", IMPORTS)
    def test_nothing_is_imported_without_an_import(self, open_pair, owner, name):
        pair = (open_pair.registry, open_pair.permissions)
        contract = next(c for c in pair if name in c.functions)

        with reverts("ImportNotOpen"):
            contract.functions[name]([], sender=owner)

    @pytest.mark.parametrize("name", IMPORTS)
    def test_nothing_is_imported_after_the_close(self, contract_of, ready, owner, name):
        ready(name)
        contract = contract_of(name)
        contract.closeImport(sender=owner)

        for items in ([], [IMPORTS[name](0)]):
            with reverts("ImportNotOpen"):
                contract.functions[name](items, sender=owner)

    @pytest.mark.parametrize("name", IMPORTS)
    def test_100_items_are_accepted(self, contract_of, ready, owner, name):
        ready(name)
        items = [IMPORTS[name](n) for n in range(MAX_ITEMS)]

        receipt = contract_of(name).functions[name](items, sender=owner)

        assert len(receipt.events) == MAX_ITEMS

    @pytest.mark.parametrize("name", IMPORTS)
    def test_101_items_are_refused(self, contract_of, ready, owner, name):
        ready(name)
        items = [IMPORTS[name](n) for n in range(MAX_ITEMS + 1)]

        with reverts("BatchTooLarge", MAX_ITEMS + 1, MAX_ITEMS):
            contract_of(name).functions[name](items, sender=owner)

    @pytest.mark.parametrize("name", IMPORTS)
    def test_an_empty_import_is_accepted(self, contract_of, owner, name):
        assert contract_of(name).functions[name]([], sender=owner).events == ()


class TestNodes:
    """importNodes."""

    def test_nodes_are_listed_and_announced(self, registry, owner, operator, other_operator):
        nodes = ((operator.address, *NODE), (other_operator.address, "https://other.example.com"))

        receipt = registry.importNodes(nodes, sender=owner)

        assert receipt.events == tuple(event("OperatorUpdate", *node) for node in nodes)
        assert registry.nodes(0, 10) == nodes

    def test_node_is_not_overwritten(self, registry, owner, operator):
        registry.importNodes([(operator, *NODE)], sender=owner)

        for domain in (*NODE, "https://other.example.com"):
            with reverts("NodeExists", operator):
                registry.importNodes([(operator, domain)], sender=owner)

    def test_url_is_not_taken_from_another(self, registry, owner, operator, other_operator):
        registry.importNodes([(operator, *NODE)], sender=owner)

        with reverts("DomainTaken", *NODE, operator):
            registry.importNodes([(other_operator, *NODE)], sender=owner)

    def test_zero_address_is_not_an_operator(self, registry, owner):
        with reverts("ZeroAddress"):
            registry.importNodes([(ZERO_ADDRESS, *NODE)], sender=owner)

    @pytest.mark.parametrize(
        ("domain", "error"),
        [
            ("", ("InvalidUrl", 0)),
            ("https://Node.example.com", ("InvalidUrl", 8)),
            ("https://node.example.com/", ("InvalidUrl", 24)),
            ("https://" + "a" * 248, ("TextTooLong", 256, 255)),
        ],
        ids=["empty", "upper case", "slash", "long"],
    )
    def test_url_rule_is_the_same(self, registry, owner, operator, domain, error):
        with reverts(*error):
            registry.importNodes([(operator, domain)], sender=owner)

    def test_all_or_none(self, registry, owner, operator, other_operator):
        with reverts("InvalidUrl", 0):
            registry.importNodes([(operator, *NODE), (other_operator, "")], sender=owner)

        assert registry.nodeCount() == 0

    def test_imported_node_can_leave_and_its_place_can_be_imported_again(
        self, registry, owner, operator, other_operator
    ):
        registry.importNodes([(operator, *NODE)], sender=owner)
        registry.deleteNode(sender=operator)

        registry.importNodes([(other_operator, *NODE)], sender=owner)

        assert registry.nodes(0, 10) == ((other_operator.address, *NODE),)


class TestParties:
    """importParties."""

    def test_parties_are_listed_and_announced(self, registry, owner, operator, cpo, emsp):
        registry.importNodes([(operator, *NODE)], sender=owner)
        items = [
            party(cpo, roles=[6, 0, 0], sender=[3, 1], receiver=[2], operator=operator),
            party(emsp, "FR", "007", roles=[1], operator=operator),
        ]

        receipt = registry.importParties(items, sender=owner)

        assert receipt.events == (
            event("PartyUpdate", b"DE", b"CPO", cpo, [0, 6], [1, 3], [2], operator),
            event("PartyUpdate", b"FR", b"007", emsp, [1], [], [], operator),
        )
        at = (operator.address, *NODE)
        assert registry.parties(0, 10) == (
            (cpo.address, b"DE", b"CPO", (0, 6), (1, 3), (2,), *at, 1, True, ""),
            (emsp.address, b"FR", b"007", (1,), (), (), *at, 2, True, ""),
        )
        assert registry.partyOf(b"FR", b"007") == emsp.address

    def test_any_operator_except_zero_is_accepted(self, registry, owner, operator, cpo):
        """It may have left the earlier registry."""
        registry.importParties([party(cpo, operator=operator)], sender=owner)

        assert registry.getOperatorByAddress(cpo) == (operator.address, "")

    def test_operator_without_a_node_may_stay_at_an_update(self, registry, owner, operator, cpo):
        registry.importParties([party(cpo, operator=operator)], sender=owner)
        registry.closeImport(sender=owner)

        registry.setParty(b"DE", b"CPO", [2], operator, sender=cpo)

        assert registry.getPartyDetailsByAddress(cpo).roles == (2,)

    def test_zero_operator_is_refused(self, registry, owner, cpo):
        with reverts("ZeroAddress"):
            registry.importParties([party(cpo, operator=ZERO_ADDRESS)], sender=owner)

    def test_zero_address_is_not_a_party(self, registry, owner, operator):
        with reverts("ZeroAddress"):
            registry.importParties([party(ZERO_ADDRESS, operator=operator)], sender=owner)

    def test_party_is_not_overwritten(self, registry, owner, operator, cpo):
        registry.importParties([party(cpo, operator=operator)], sender=owner)

        with reverts("PartyIdTaken", b"DE", b"CPO", cpo):
            registry.importParties([party(cpo, roles=[1], operator=operator)], sender=owner)

    def test_one_account_may_have_several_ids(self, registry, owner, operator, cpo):
        items = [
            party(cpo, operator=operator, website="https://cpo.example.com"),
            party(cpo, "FR", "NEW", roles=[1], operator=cpo),
        ]

        receipt = registry.importParties(items, sender=owner)

        assert receipt.events == (
            event("PartyUpdate", b"DE", b"CPO", cpo, [0], [], [], operator),
            event("PartyWebsite", b"DE", b"CPO", cpo, "https://cpo.example.com"),
            event("PartyUpdate", b"FR", b"NEW", cpo, [1], [], [], cpo),
        )
        new, old = registry.partiesOf(cpo)
        assert (new.partyId, new.current, new.membership) == (b"NEW", True, 1)
        assert (old.partyId, old.website) == (b"CPO", "https://cpo.example.com")

    def test_reservations_hold(self, registry, owner, operator, cpo, emsp):
        registry.adminReserveParty(b"DE", b"CPO", emsp, sender=owner)

        with reverts("PartyIdReserved", b"DE", b"CPO", emsp):
            registry.importParties([party(cpo, operator=operator)], sender=owner)
        registry.importParties([party(emsp, operator=operator)], sender=owner)

    def test_id_is_not_taken_from_another(self, registry, owner, operator, cpo, emsp):
        registry.importParties([party(cpo, operator=operator)], sender=owner)

        with reverts("PartyIdTaken", b"DE", b"CPO", cpo):
            registry.importParties([party(emsp, operator=operator)], sender=owner)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"code": "de"}, ("InvalidCountryCode", b"de")),
            ({"party_id": "cpo"}, ("InvalidPartyId", b"cpo")),
            ({"roles": []}, ("NoRoles",)),
            ({"roles": [8]}, ("ValueOutOfRange", 8, 8)),
            ({"sender": [16]}, ("ValueOutOfRange", 16, 16)),
            ({"receiver": [0, 255]}, ("ValueOutOfRange", 255, 16)),
            ({"website": "cpo.example.com"}, ("InvalidUrl", 0)),
        ],
        ids=str,
    )
    def test_rules_are_the_same(self, registry, owner, operator, cpo, changes, error):
        with reverts(*error):
            registry.importParties([party(cpo, operator=operator, **changes)], sender=owner)

    def test_all_or_none(self, registry, owner, operator, cpo, emsp):
        items = [party(cpo, operator=operator), party(emsp, operator=operator)]

        with reverts("PartyIdTaken", b"DE", b"CPO", cpo):
            registry.importParties(items, sender=owner)

        assert registry.partyCount() == 0

    def test_nonces_are_not_touched(self, registry, signed_request, owner, operator, cpo, spender):
        registry.importNodes([(cpo, *NODE)], sender=owner)
        signed_request("DeleteNode", cpo).send(spender)

        registry.importParties([party(cpo, operator=operator)], sender=owner)

        assert registry.nonces(cpo) == 1


class TestServices:
    """importServices."""

    @pytest.fixture(autouse=True)
    def parties(self, registry, owner, operator, provider, other_provider):
        items = [
            party(provider, party_id="SP1", operator=operator),
            party(other_provider, party_id="SP2", operator=operator),
        ]
        registry.importParties(items, sender=owner)

    def test_services_are_listed_and_announced(self, permissions, owner, provider):
        receipt = permissions.importServices(
            [(provider, "Name", "https://a.example.com", [5, 1, 5])], sender=owner
        )

        update = event("ServiceUpdate", "Name", "https://a.example.com", [1, 5], provider)
        assert receipt.events == (update,)
        service = (provider.address, b"DE", b"SP1", "Name", "https://a.example.com", (1, 5), 1)
        assert permissions.services(0, 10) == (service,)

    def test_provider_must_be_a_listed_party(self, permissions, owner, stranger):
        with reverts("PartyNotFound", stranger):
            permissions.importServices([(stranger, "", "", [1])], sender=owner)

    def test_zero_address_is_not_a_provider(self, permissions, owner):
        with reverts("PartyNotFound", ZERO_ADDRESS):
            permissions.importServices([(ZERO_ADDRESS, "", "", [1])], sender=owner)

    def test_service_is_not_overwritten(self, permissions, owner, provider):
        permissions.importServices([(provider, "", "", [1])], sender=owner)

        for needs in ([1], [2]):
            with reverts("ServiceExists", provider):
                permissions.importServices([(provider, "New", "", needs)], sender=owner)

    def test_service_that_has_ended_is_not_an_obstacle(
        self, registry, permissions, owner, operator, provider
    ):
        permissions.importServices([(provider, "", "", [1])], sender=owner)
        registry.deleteParty(sender=provider)
        item = party(provider, party_id="SP1", operator=operator)
        registry.importParties([item], sender=owner)

        permissions.importServices([(provider, "New", "", [1])], sender=owner)

        assert permissions.serviceVersion(provider) == 1  # of another membership
        assert permissions.serviceCount() == 2

    @pytest.mark.parametrize(
        ("values", "error"),
        [
            (("a" * 101, "", [1]), ("TextTooLong", 101, 100)),
            (("\n", "", [1]), ("InvalidName", 0)),
            (("", "ftp://a", [1]), ("InvalidUrl", 0)),
            (("", "", []), ("NoPermissions",)),
            (("", "", [64]), ("ValueOutOfRange", 64, 64)),
        ],
        ids=["long", "control", "url", "none", "range"],
    )
    def test_rules_are_the_same(self, permissions, owner, provider, values, error):
        with reverts(*error):
            permissions.importServices([(provider, *values)], sender=owner)

    def test_all_or_none(self, permissions, owner, provider, other_provider):
        items = [(provider, "", "", [1]), (other_provider, "", "", [])]

        with reverts("NoPermissions"):
            permissions.importServices(items, sender=owner)

        assert permissions.serviceCount() == 0


class TestAgreements:
    """importAgreements."""

    @pytest.fixture(autouse=True)
    def parties(self, registry, permissions, owner, operator, emsp, provider):
        items = [
            party(emsp, party_id="EMS", operator=operator),
            party(provider, party_id="SP1", operator=operator),
        ]
        registry.importParties(items, sender=owner)
        permissions.importServices([(provider, "", "", [1, 5])], sender=owner)

    def test_agreements_are_made_and_announced(self, permissions, owner, emsp, provider):
        receipt = permissions.importAgreements([(emsp, provider, [5, 1])], sender=owner)

        assert receipt.events == (event("AgreementMade", emsp, provider, 1, [1, 5]),)
        assert permissions.agreement(emsp, provider) == (1, 1, True)
        assert permissions.getUserAgreementsByAddress(emsp) == (provider.address,)

    def test_agreement_is_not_made_twice(self, permissions, owner, emsp, provider):
        item = (emsp, provider, [1, 5])

        with reverts("AgreementExists", emsp, provider):
            permissions.importAgreements([item, item], sender=owner)

        assert permissions.getUserAgreementsByAddress(emsp) == ()

    def test_user_must_be_a_listed_party(self, permissions, owner, stranger, provider):
        for user in (stranger.address, ZERO_ADDRESS):
            with reverts("PartyNotFound", user):
                permissions.importAgreements([(user, provider, [1, 5])], sender=owner)

    def test_provider_must_offer_a_service(self, permissions, owner, emsp):
        for who in (emsp.address, ZERO_ADDRESS):
            with reverts("ServiceNotFound", who):
                permissions.importAgreements([(emsp, who, [1, 5])], sender=owner)

    @pytest.mark.parametrize("named", [[], [1], [1, 5, 6]], ids=str)
    def test_permissions_are_those_of_the_service(self, permissions, owner, emsp, provider, named):
        with reverts("PermissionsDiffer", provider, [1, 5]):
            permissions.importAgreements([(emsp, provider, named)], sender=owner)

    def test_each_permission_is_below_64(self, permissions, owner, emsp, provider):
        with reverts("ValueOutOfRange", 64, 64):
            permissions.importAgreements([(emsp, provider, [1, 5, 64])], sender=owner)

    def test_agreement_that_has_ended_is_renewed_in_place(self, permissions, owner, emsp, provider):
        permissions.importAgreements([(emsp, provider, [1, 5])], sender=owner)
        permissions.deleteService(sender=provider)
        permissions.importServices([(provider, "", "", [2])], sender=owner)

        permissions.importAgreements([(emsp, provider, [2])], sender=owner)

        assert permissions.agreement(emsp, provider) == (1, 2, True)
        assert permissions.getUserAgreementsByAddress(emsp) == (provider.address,)
