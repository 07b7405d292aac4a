"""multicall and tryMulticall: several calls in one transaction, as the batch's sender."""

import pytest
from eth_abi.abi import decode
from eth_account import Account
from kit.contract import ZERO_ADDRESS, event, id_of, reverts
from kit.solidity import compiled, deploy

URL = "https://node.example.com"
UNKNOWN = bytes.fromhex("deadbeef")
NO_CALLS = [b"", b"\0", UNKNOWN[:3], UNKNOWN, UNKNOWN + bytes(64)]
BATCHES = ["multicall", "tryMulticall"]


@pytest.fixture(params=BATCHES)
def batch(request, registry, permissions):
    """Send a batch to one contract, with either function."""

    def batch(items, sender, contract=registry):
        return contract.functions[request.param](items, sender=sender)

    return batch


@pytest.fixture(params=["registry", "permissions"])
def contract(request, open_pair):
    return getattr(open_pair, request.param)


class TestBoth:
    """Rules of both kinds of batches."""

    def test_items_run_in_their_order(self, batch, registry, operator):
        urls = [f"https://node-{n}.example.com" for n in range(3)]
        items = [registry.setNode.calldata(url) for url in urls]

        receipt = batch(items, operator)

        updates = tuple(event("OperatorUpdate", operator, url) for url in urls)
        assert receipt.events == updates
        assert registry.getNode(operator) == urls[2]

    def test_empty_batch_does_nothing(self, batch, contract, stranger):
        assert batch([], stranger, contract).events == ()

    def test_sender_of_the_batch_is_the_sender_of_each_item(self, batch, registry, operator, cpo):
        """A whole registration by one account: node, party and modules."""
        batch(
            [
                registry.setNode.calldata(URL),
                registry.setParty.calldata(b"DE", b"OPR", [0], operator),
                registry.setPartyModules.calldata([0], [1]),
            ],
            operator,
        )

        assert registry.getNode(operator) == URL
        assert registry.getPartyDetailsByAddress(operator).modulesSender == (0,)
        assert registry.membershipOf(cpo) == 0

    def test_permissions_batch_direct_writes(
        self, batch, permissions, listed_party, listed_service, provider, other_provider
    ):
        listed_party(provider)
        listed_service(other_provider)
        batch(
            [
                permissions.setService.calldata("", "", [1]),
                permissions.createAgreement.calldata(provider),
                permissions.createAgreementTo.calldata(other_provider, [1, 5]),
                permissions.revokeAgreement.calldata(provider),
            ],
            provider,
            permissions,
        )

        assert permissions.serviceVersion(provider) == 1
        active = permissions.getUserAgreementsByAddress(provider)
        assert active == (other_provider.address,)

    def test_requests_of_many_are_relayed(
        self, batch, registry, signed_request, listed_node, spender, operator, cpo, emsp, provider
    ):
        listed_node(operator)
        requests = [
            signed_request("SetParty", party, "DE", f"P{n:02}", [n], operator)
            for n, party in enumerate((cpo, emsp, provider))
        ]

        batch([request.calldata for request in requests], spender)

        assert registry.getParties() == (cpo.address, emsp.address, provider.address)

    def test_requests_of_one_signer_follow_each_other(
        self, batch, registry, signed_request, spender, operator
    ):
        first = signed_request("SetNode", operator, URL)
        second = signed_request("SetParty", operator, "DE", "OPR", [0], operator, nonce=1)
        third = signed_request("InvalidateNonce", operator, 100, nonce=2)

        batch([r.calldata for r in (first, second, third)], spender)

        assert registry.partyOf(b"DE", b"OPR") == operator.address
        assert registry.nonces(operator) == 100

    def test_direct_write_with_invalidation(
        self, batch, registry, signed_request, spender, operator
    ):
        """A direct write can void earlier requests of its sender in the same transaction."""
        old = signed_request("SetNode", operator, "https://old.example.com")

        batch([registry.setNode.calldata(URL), registry.invalidateNonce.calldata(1)], operator)

        with reverts("InvalidNonce", operator, 1):
            old.send(spender)
        assert registry.getNode(operator) == URL

    def test_owner_functions_can_be_batched(
        self, batch, registry, listed_party, operator, cpo, owner
    ):
        party_id = listed_party(cpo)
        batch(
            [
                registry.adminDeleteParty.calldata(*party_id),
                registry.adminDeleteOperator.calldata(operator),
                registry.transferOwnership.calldata(cpo),
            ],
            owner,
        )

        assert registry.partyCount() == registry.nodeCount() == 0
        assert registry.pendingOwner() == cpo.address

    def test_results_are_those_of_the_items(self, registry, listed_node, operator):
        url = listed_node(operator)
        items = [registry.getNode.calldata(operator), registry.nodeCount.calldata()]

        all_or_nothing = registry.multicall.call(items)
        each = registry.tryMulticall.call(items)

        assert decode(["string"], all_or_nothing[0]) == (url,)
        assert decode(["uint256"], all_or_nothing[1]) == (1,)
        assert each == tuple((True, result) for result in all_or_nothing)

    def test_result_of_a_write_is_empty(self, registry, operator):
        item = registry.setNode.calldata(URL)

        assert registry.multicall.call([item], sender=operator) == (b"",)
        assert registry.tryMulticall.call([item], sender=operator) == ((True, b""),)

    @pytest.mark.parametrize("name", BATCHES)
    def test_value_is_refused(self, contract, stranger, name):
        data = contract.functions[name].calldata([])

        with reverts(""):
            contract.send(data, sender=stranger, value=1)


class TestAllOrNothing:
    """multicall."""

    def test_one_bad_item_undoes_all_with_its_own_error(self, registry, operator, other_operator):
        registry.setNode(URL, sender=other_operator)
        items = [
            registry.setNode.calldata("https://free.example.com"),
            registry.setNode.calldata(URL),
            registry.setNode.calldata("https://free.example.com"),
        ]

        with reverts("DomainTaken", URL, other_operator):
            registry.multicall(items, sender=operator)

        assert registry.getNode(operator) == ""

    def test_nonces_are_undone_too(self, registry, signed_request, spender, operator, cpo):
        good = signed_request("SetNode", operator, URL)
        bad = signed_request("DeleteParty", cpo, "DE", "CPO")

        with reverts("PartyIdNotFound", b"DE", b"CPO"):
            registry.multicall([good.calldata, bad.calldata], sender=spender)

        assert registry.nonces(operator) == 0
        good.send(spender)

    @pytest.mark.parametrize("inner", BATCHES)
    @pytest.mark.parametrize("place", [0, 1])
    def test_batch_in_a_batch_is_refused(self, contract, stranger, inner, place):
        items = [contract.nonces.calldata(stranger)] * 2
        items[place] = contract.functions[inner].calldata([])

        with reverts("NestedBatch", place):
            contract.multicall(items, sender=stranger)

    @pytest.mark.parametrize("inner", BATCHES)
    def test_bare_selector_of_a_batch_is_refused(self, contract, stranger, inner):
        with reverts("NestedBatch", 0):
            contract.multicall([contract.functions[inner].selector], sender=stranger)

    @pytest.mark.parametrize(
        "item", [b"", b"\0", UNKNOWN[:3], UNKNOWN, UNKNOWN + bytes(64)], ids=len
    )
    def test_item_that_is_not_a_call_undoes_all(self, contract, stranger, item):
        items = [contract.invalidateNonce.calldata(1), item]

        with reverts(""):
            contract.multicall(items, sender=stranger)

        assert contract.nonces(stranger) == 0

    @pytest.mark.parametrize("length", [1, 2, 3])
    @pytest.mark.parametrize("inner", BATCHES)
    def test_cut_selector_of_a_batch_is_not_a_call(self, contract, stranger, inner, length):
        with reverts(""):
            contract.multicall([contract.functions[inner].selector[:length]], sender=stranger)

    def test_stolen_id_is_handed_over_in_one_step(
        self, registry, signed_request, listed_party, owner, operator, cpo, stranger
    ):
        listed_party(stranger, (b"DE", b"CPO"))
        claim = signed_request("SetParty", cpo, "DE", "CPO", [0], operator)

        receipt = registry.multicall(
            [registry.adminDeleteParty.calldata(b"DE", b"CPO"), claim.calldata], sender=owner
        )

        assert registry.partyOf(b"DE", b"CPO") == cpo.address
        assert registry.membershipOf(stranger) == 0
        assert receipt.events == (
            event("PartyUpdate", b"DE", b"CPO", stranger, [], [], [], ZERO_ADDRESS),
            event("PartyUpdate", b"DE", b"CPO", cpo, [0], [], [], operator),
        )

    def test_stolen_id_stays_if_the_claim_is_invalid(
        self, registry, signed_request, listed_party, owner, operator, cpo, stranger
    ):
        listed_party(stranger, (b"DE", b"CPO"))
        claim = signed_request("SetParty", cpo, "DE", "CPO", [0], operator, deadline=1)

        with reverts("SignatureExpired", 1):
            registry.multicall(
                [registry.adminDeleteParty.calldata(b"DE", b"CPO"), claim.calldata], sender=owner
            )

        assert registry.partyOf(b"DE", b"CPO") == stranger.address

    def test_stolen_url_is_handed_over_in_one_step(
        self, registry, signed_request, owner, operator, stranger
    ):
        registry.setNode(URL, sender=stranger)
        claim = signed_request("SetNode", operator, URL)

        registry.multicall(
            [registry.adminDeleteOperator.calldata(stranger), claim.calldata], sender=owner
        )

        assert registry.nodes(0, 10) == ((operator.address, URL),)


class TestEachOnItsOwn:
    """tryMulticall."""

    def test_bad_item_leaves_the_others_in_force(
        self, registry, signed_request, spender, operator, other_operator, cpo
    ):
        requests = [
            signed_request("SetNode", operator, URL),
            signed_request("SetParty", cpo, "DE", "CPO", [9], operator),
            signed_request("SetNode", other_operator, "https://other.example.com"),
        ]
        items = [request.calldata for request in requests]
        reason = registry.error_data("ValueOutOfRange", 9, 8)
        results = registry.tryMulticall.call(items, sender=spender)

        receipt = registry.tryMulticall(items, sender=spender)

        assert receipt.events == (
            event("OperatorUpdate", operator, URL),
            event("CallFailed", 1, reason),
            event("OperatorUpdate", other_operator, "https://other.example.com"),
        )
        assert results == ((True, b""), (False, reason), (True, b""))
        assert registry.nodeCount() == 2
        assert registry.nonces(cpo) == 0  # the request is still valid

    def test_item_that_fails_late_has_no_effect_at_all(
        self, registry, listed_party, operator, cpo, emsp
    ):
        party_id = listed_party(cpo, modules=([1], [2]))
        taken = listed_party(emsp)
        before = registry.parties(0, 10)

        item = registry.setParty.calldata(*taken, [0], operator)
        receipt = registry.tryMulticall([item], sender=cpo)

        reason = registry.error_data("PartyIdTaken", *taken, emsp)
        assert receipt.events == (event("CallFailed", 0, reason),)
        assert registry.parties(0, 10) == before
        assert id_of(registry, cpo) == party_id

    def test_every_failure_is_reported_with_its_place(
        self, contract, signed_request, spender, cpo, emsp, provider
    ):
        requests = [
            signed_request("InvalidateNonce", cpo, 5, contract=contract, deadline=1),
            signed_request("InvalidateNonce", cpo, 5, contract=contract, nonce=3),
            signed_request("InvalidateNonce", emsp, 5, contract=contract).with_signature(b""),
            signed_request("InvalidateNonce", provider, 0, contract=contract),
            signed_request("InvalidateNonce", cpo, 5, contract=contract),
            signed_request("InvalidateNonce", cpo, 5, contract=contract),
        ]
        reasons = {
            0: contract.error_data("SignatureExpired", 1),
            1: contract.error_data("InvalidNonce", cpo, 0),
            2: contract.error_data("InvalidSignature", emsp),
            3: contract.error_data("NonceOutOfRange", 0, 1, 65_536),
            5: contract.error_data("InvalidNonce", cpo, 5),
        }

        receipt = contract.tryMulticall([r.calldata for r in requests], sender=spender)

        failures = tuple(event("CallFailed", *failure) for failure in reasons.items())
        assert receipt.events == failures
        assert contract.nonces(cpo) == 5

    def test_all_items_may_fail(self, contract, stranger):
        items = [contract.functions["invalidateNonce"].calldata(0)] * 2

        receipt = contract.tryMulticall(items, sender=stranger)

        reason = contract.error_data("NonceOutOfRange", 0, 1, 65_536)
        failures = (event("CallFailed", 0, reason), event("CallFailed", 1, reason))
        assert receipt.events == failures

    @pytest.mark.parametrize("inner", BATCHES)
    def test_batch_in_a_batch_is_refused(self, contract, stranger, inner):
        nested = contract.functions[inner].calldata([contract.invalidateNonce.calldata(9)])
        items = [contract.invalidateNonce.calldata(1), nested, contract.invalidateNonce.calldata(2)]
        results = contract.tryMulticall.call(items, sender=stranger)

        receipt = contract.tryMulticall(items, sender=stranger)

        reason = contract.error_data("NestedBatch", 1)
        assert receipt.events == (event("CallFailed", 1, reason),)
        assert results[1] == (False, reason)
        assert contract.nonces(stranger) == 2

    @pytest.mark.parametrize("inner", BATCHES)
    def test_bare_selector_of_a_batch_is_refused(self, contract, stranger, inner):
        receipt = contract.tryMulticall([contract.functions[inner].selector], sender=stranger)

        reason = contract.error_data("NestedBatch", 0)
        assert receipt.events == (event("CallFailed", 0, reason),)

    @pytest.mark.parametrize(
        "item", [b"", b"\0", UNKNOWN[:3], UNKNOWN, UNKNOWN + bytes(64)], ids=len
    )
    def test_item_that_is_not_a_call_fails_alone(self, contract, stranger, item):
        items = [item, contract.invalidateNonce.calldata(1)]

        receipt = contract.tryMulticall(items, sender=stranger)

        assert receipt.events == (event("CallFailed", 0, b""),)
        assert contract.nonces(stranger) == 1

    def test_owners_function_fails_for_anybody_else(
        self, registry, listed_node, operator, stranger
    ):
        listed_node(operator)
        item = registry.adminDeleteOperator.calldata(operator)

        receipt = registry.tryMulticall([item], sender=stranger)

        reason = registry.error_data("OwnableUnauthorizedAccount", stranger)
        assert receipt.events == (event("CallFailed", 0, reason),)
        assert registry.nodeCount() == 1

    def test_item_with_too_little_gas_can_be_sent_again(
        self, registry, rpc, signed_request, spender, stranger
    ):
        """The sender of a batch chooses its gas; a request that fails for lack of it stays
        valid."""
        slow = deploy(rpc, compiled()["Ponders"], stranger, 240_000)
        request = signed_request.unsigned("SetNode", slow, URL)

        receipt = registry.tryMulticall([request.calldata], sender=spender, gas=330_000)

        assert receipt.events == (event("CallFailed", 0, b""),)
        assert registry.nonces(slow) == 0
        registry.tryMulticall([request.calldata], sender=spender)
        assert registry.getNode(slow) == URL

    def test_fifty_requests(self, registry, signed_request, listed_node, spender, operator):
        listed_node(operator)
        parties = [Account.from_key(n.to_bytes(32, "big")) for n in range(1, 51)]
        items = [
            signed_request("SetParty", party, "DE", f"{n:03}", [0], operator).calldata
            for n, party in enumerate(parties)
        ]

        receipt = registry.tryMulticall(items, sender=spender)

        assert len(receipt.events) == 50
        assert registry.getParties() == tuple(party.address for party in parties)
