"""Rules of all functions ending in `Raw`: deadline, nonce, signature, effect."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from kit.contract import ZERO_ADDRESS, reverts
from kit.good_requests import KINDS, another
from kit.signing import TYPES

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_good_request_takes_effect_and_uses_up_one_nonce(good_request, spender, kind):
    request = good_request(kind)
    uses = {"InvalidateNonce": 1000, "SetController": 2**32 + 1}.get(request.primary_type, 1)

    request.send(spender)

    assert request.contract.nonces(request.signer) == uses
    assert request.contract.nonces(spender) == 0


@every_kind
def test_each_contract_has_its_own_nonces(good_request, registry, permissions, spender, kind):
    request = good_request(kind)

    request.send(spender)

    other = permissions if request.contract is registry else registry
    term = 2**32 if request.primary_type == "SetController" else 0  # the term is the same in both
    assert other.nonces(request.signer) == term


@every_kind
def test_anyone_may_send_it(good_request, stranger, kind):
    good_request(kind).send(stranger)


@every_kind
def test_replayed_request_is_rejected(good_request, spender, stranger, kind):
    request = good_request(kind)
    request.send(spender)
    expected = request.contract.nonces(request.signer)

    with reverts("InvalidNonce", request.signer, expected):
        request.send(spender)
    with reverts("InvalidNonce", request.signer, expected):
        request.send(stranger)


class TestDeadline:
    """A request is valid while the block's time is not later."""

    @every_kind
    def test_last_second_is_valid(self, good_request, at_time, spender, kind):
        good_request(kind)  # so that nothing else is mined in between
        deadline = at_time(100)

        good_request(kind, prepared=True, deadline=deadline).send(spender)

    @every_kind
    def test_second_after_is_too_late(self, good_request, at_time, spender, kind):
        good_request(kind)
        deadline = at_time(100) - 1

        request = good_request(kind, prepared=True, deadline=deadline)
        with reverts("SignatureExpired", deadline):
            request.send(spender)

    @every_kind
    def test_zero_is_expired_and_not_for_ever(self, good_request, spender, kind):
        with reverts("SignatureExpired", 0):
            good_request(kind, deadline=0).send(spender)

    @every_kind
    def test_largest_deadline_is_valid(self, good_request, spender, kind):
        good_request(kind, deadline=2**256 - 1).send(spender)


class TestNonce:
    """Nonces are sequential, for each signer and contract."""

    @every_kind
    @pytest.mark.parametrize("nonce", [1, 2, 2**32, 2**256 - 1])
    def test_early_request_is_rejected(self, good_request, spender, kind, nonce):
        request = good_request(kind, nonce=nonce)

        with reverts("InvalidNonce", request.signer, 0):
            request.send(spender)

    @every_kind
    def test_past_nonce_is_rejected(self, good_request, spender, kind):
        request = good_request(kind, nonce=4)
        request.contract.invalidateNonce(5, sender=request.signer)

        with reverts("InvalidNonce", request.signer, 5):
            request.send(spender)

    def test_requests_take_effect_in_the_order_of_their_nonces(
        self, signed_request, registry, spender, operator
    ):
        urls = [f"https://node-{n}.example.com" for n in range(3)]
        first, second, third = (
            signed_request("SetNode", operator, url, nonce=n) for n, url in enumerate(urls)
        )

        with reverts("InvalidNonce", operator, 0):
            second.send(spender)
        first.send(spender)
        with reverts("InvalidNonce", operator, 1):
            third.send(spender)
        second.send(spender)
        third.send(spender)

        assert registry.getNode(operator) == urls[2]

    def test_failed_request_does_not_use_it_up(
        self, signed_request, registry, listed_node, spender, operator, cpo
    ):
        request = signed_request("SetParty", cpo, "DE", "CPO", [0], operator)
        with reverts("NodeNotFound", operator):
            request.send(spender)
        assert registry.nonces(cpo) == 0

        listed_node(operator)
        request.send(spender)

    def test_direct_writes_to_the_registry_do_not_touch_it(
        self, signed_request, registry, listed_party, spender, operator, cpo
    ):
        """A request that was signed before them stays valid."""
        listed_party(cpo)
        request = signed_request("SetPartyModules", cpo, [0], [1])

        registry.setNode("https://direct.example.com", sender=cpo)
        registry.deleteNode(sender=cpo)
        registry.setParty(b"DE", b"NEW", [1], operator, sender=cpo)
        registry.setPartyModules([2], [3], sender=cpo)
        registry.setPartyWebsite(b"DE", b"NEW", "https://cpo.example.com", sender=cpo)
        registry.deletePartyOf(b"DE", b"NEW", sender=cpo)
        registry.deleteParty(sender=cpo)
        listed_party(cpo)

        assert registry.nonces(cpo) == 0
        request.send(spender)

    def test_direct_writes_to_permissions_do_not_touch_it(
        self, signed_request, permissions, listed_service, spender, provider
    ):
        listed_service(provider)
        request = signed_request("DeleteService", provider)

        permissions.createAgreement(provider, sender=provider)
        permissions.revokeAgreement(provider, sender=provider)
        permissions.deleteService(sender=provider)
        listed_service(provider)

        assert permissions.nonces(provider) == 0
        request.send(spender)

    def test_nonce_outlives_memberships(
        self, signed_request, registry, listed_node, spender, operator, cpo
    ):
        listed_node(operator)
        for _ in range(2):
            signed_request("SetParty", cpo, "DE", "CPO", [0], operator).send(spender)
            signed_request("SetPartyModules", cpo, [0], [1]).send(spender)
            signed_request("DeleteParty", cpo).send(spender)

        assert registry.nonces(cpo) == 6
        assert registry.nonces(operator) == 0

    def test_old_request_does_not_come_back_with_a_new_membership(
        self, signed_request, registry, listed_node, spender, operator, cpo
    ):
        listed_node(operator)
        old = signed_request("SetParty", cpo, "DE", "CPO", [0], operator)
        old.send(spender)
        registry.deleteParty(sender=cpo)

        with reverts("InvalidNonce", cpo, 1):
            old.send(spender)


class TestOrderOfChecks:
    """Of two faults, the one that is checked first is reported."""

    @every_kind
    def test_deadline_comes_before_nonce_and_signature(self, good_request, spender, kind):
        request = good_request(kind, deadline=1, nonce=9).with_signature(b"")

        with reverts("SignatureExpired", 1):
            request.send(spender)

    @every_kind
    def test_nonce_comes_before_signature(self, good_request, spender, kind):
        request = good_request(kind, nonce=9).with_signature(b"")

        with reverts("InvalidNonce", request.signer, 0):
            request.send(spender)

    @pytest.mark.parametrize(
        ("primary_type", "role", "values"),
        [
            ("SetNode", "operator", ("no url",)),
            ("DeleteNode", "operator", ()),
            ("SetParty", "cpo", ("xx", "y z", [], ZERO_ADDRESS)),
            ("SetPartyModules", "cpo", ([99], [])),
            ("DeleteParty", "cpo", ()),
            ("SetService", "provider", ("", "", [])),
            ("DeleteService", "provider", ()),
            ("CreateAgreement", "emsp", (ZERO_ADDRESS, [])),
            ("RevokeAgreement", "emsp", (ZERO_ADDRESS,)),
            ("InvalidateNonce", "cpo", (0,)),
        ],
    )
    def test_signature_comes_before_effect(
        self, signed_request, roles, spender, primary_type, role, values
    ):
        request = signed_request.unsigned(primary_type, roles[role], *values)

        with reverts("InvalidSignature", roles[role]):
            request.signed_by(roles["stranger"]).send(spender)

    def test_ranges_are_part_of_the_effect(self, signed_request, spender, cpo):
        """An item above `uint8` is not a decoding error, which would come before the deadline."""
        request = signed_request("SetPartyModules", cpo, [255], [], deadline=1)
        data = bytearray(request.calldata)
        place = bytes(data).rindex((255).to_bytes(32, "big"))
        data[place : place + 32] = (2**256 - 1).to_bytes(32, "big")

        with reverts("SignatureExpired", 1):
            request.contract.send(bytes(data), sender=spender)


FIELDS = [(kind, field) for kind in KINDS for field in TYPES[kind.split()[0]]]


class TestSignature:
    """A signature proves that its signer signed exactly this request for this contract."""

    @pytest.mark.parametrize(
        ("kind", "field"), FIELDS, ids=[f"{kind}-{field['name']}" for kind, field in FIELDS]
    )
    def test_every_field_is_signed(self, good_request, spender, stranger, kind, field):
        request = good_request(kind)
        name = field["name"]
        changed = request.but(**{name: another(field["type"], request.message[name], stranger)})
        signer = changed.message[TYPES[request.primary_type][0]["name"]]

        if name == "nonce":
            request.contract.invalidateNonce(1, sender=signer)
        with reverts("InvalidSignature", signer):
            changed.send(spender)

    @every_kind
    def test_signature_of_another_is_rejected(self, good_request, spender, stranger, kind):
        request = good_request(kind)

        with reverts("InvalidSignature", request.signer):
            request.signed_by(stranger).send(spender)

    @every_kind
    def test_signature_of_the_spender_is_rejected(self, good_request, spender, kind):
        request = good_request(kind)

        with reverts("InvalidSignature", request.signer):
            request.signed_by(spender).send(spender)

    @every_kind
    @pytest.mark.parametrize(
        "change",
        [
            {"chainId": 1},
            {"chainId": 246},
            {"verifyingContract": "0x" + "12" * 20},
            {"name": "OCN"},
            {"version": "2"},
        ],
        ids=" ".join,
    )
    def test_signature_for_another_domain_is_rejected(self, good_request, spender, kind, change):
        good = good_request(kind)
        elsewhere = replace(good, domain=good.domain | change).signed_by(good.signer)
        request = good.with_signature(elsewhere.signature)

        with reverts("InvalidSignature", request.signer):
            request.send(spender)
        good.send(spender)

    @pytest.mark.parametrize("to", ["the Registry", "Permissions"])
    def test_request_for_one_contract_is_refused_by_the_other(
        self, signed_request, registry, permissions, spender, cpo, to
    ):
        pair = (registry, permissions) if to == "the Registry" else (permissions, registry)
        right, wrong = pair
        request = signed_request("InvalidateNonce", cpo, 7, contract=wrong)

        with reverts("InvalidSignature", cpo):
            right.invalidateNonceRaw(*request.values, sender=spender)

    def test_request_for_another_deployment_is_rejected(
        self, signed_request, importing_pair, spender, operator
    ):
        request = signed_request("SetNode", operator, "https://node.example.com")

        with reverts("InvalidSignature", operator):
            importing_pair.registry.setNodeRaw(*request.values, sender=spender)

    @pytest.mark.parametrize(
        ("signed", "sent"),
        [
            ("DeleteService", "DeleteNode"),
            ("MoveAccount", "SetController"),
            ("SetController", "MoveAccount"),
        ],
    )
    def test_signature_for_another_function_is_rejected(
        self, signed_request, listed_party, spender, operator, stranger, signed, sent
    ):
        listed_party(operator, (b"DE", b"OPR"))  # a node and a party at once: all could take effect
        values = (stranger,) if sent == "MoveAccount" or signed == "MoveAccount" else ()
        signature = signed_request(signed, operator, *values).signature
        request = signed_request.unsigned(sent, operator, *values).with_signature(signature)

        with reverts("InvalidSignature", operator):
            request.send(spender)

    def test_revocation_is_not_an_agreement(
        self, signed_request, permissions, agreed, spender, emsp, provider
    ):
        agreed(emsp, provider)
        request = signed_request("CreateAgreement", emsp, provider, [1, 5])
        _, _, _, nonce, deadline, signature = request.values

        with reverts("InvalidSignature", emsp):
            permissions.revokeAgreementRaw(
                emsp, provider, nonce, deadline, signature, sender=spender
            )

    @pytest.mark.parametrize(
        ("primary_type", "values", "changed"),
        [
            (
                "SetService",
                ("Smart", "https://a.example.com", [1]),
                {"name": "", "url": "https://a.example.com"},
            ),
            ("SetService", ("a", "", [1]), {"name": "", "url": "a"}),
        ],
    )
    def test_text_does_not_move_between_fields(
        self, signed_request, listed_party, spender, provider, primary_type, values, changed
    ):
        listed_party(provider)
        request = signed_request(primary_type, provider, *values)

        with reverts("InvalidSignature", provider):
            request.but(**changed).send(spender)

    @pytest.mark.parametrize(
        ("signed", "sent"),
        [
            (([0, 1], []), ([0], [1])),
            (([0], [1]), ([1], [0])),
            (([0], [1]), ([0, 1], [])),
            (([0, 1], [2]), ([1, 0], [2])),
            (([0], [2]), ([0, 0], [2])),
        ],
        ids=str,
    )
    def test_lists_are_signed_as_given(
        self, signed_request, listed_party, spender, cpo, signed, sent
    ):
        """Neither moved items nor another order of the same set are accepted."""
        listed_party(cpo)
        request = signed_request("SetPartyModules", cpo, *signed)

        with reverts("InvalidSignature", cpo):
            request.but(sender=sent[0], receiver=sent[1]).send(spender)
        request.send(spender)

    @pytest.mark.parametrize("roles_given", [[1, 0], [0, 0, 1], [6, 5, 4, 3, 2, 1, 0]], ids=str)
    def test_order_and_repetitions_may_be_signed(
        self, signed_request, listed_node, spender, operator, cpo, roles_given
    ):
        listed_node(operator)

        signed_request("SetParty", cpo, "DE", "CPO", roles_given, operator).send(spender)

    @pytest.mark.parametrize("which", ["Registry", "Permissions"])
    @pytest.mark.parametrize(
        "form",
        [
            "empty", "zero", "one byte", "64 bytes", "66 bytes", "compact", "high s", "v of 0 or 1",
            "v of 29", "v of 35", "r of zero", "s of zero", "all ones", "random", "flipped v",
            "twice", "of the digest as a message",
        ],
    )  # fmt: skip
    def test_other_forms_are_rejected(
        self, signed_request, registry, permissions, spender, cpo, which, form
    ):
        contract = registry if which == "Registry" else permissions
        request = signed_request("InvalidateNonce", cpo, 7, contract=contract)
        bad = request.with_signature(FORMS[form](request))
        assert bad.signature != request.signature

        with reverts("InvalidSignature", cpo):
            bad.send(spender)
        request.send(spender)

    @every_kind
    @pytest.mark.parametrize("form", ["empty", "zero", "r of zero", "v of 29", "random"])
    def test_zero_address_is_never_the_signer(self, good_request, spender, kind, form):
        """If recovery fails, `ecrecover` returns the zero address, which has signed nothing."""
        good = good_request(kind)
        request = good.but(**{TYPES[good.primary_type][0]["name"]: ZERO_ADDRESS})

        with reverts("InvalidSignature", ZERO_ADDRESS):
            request.with_signature(FORMS[form](good)).send(spender)


def _parts(signature):
    return signature[:32], signature[32:64], signature[64]


def _high_s(request):
    r, s, v = _parts(request.signature)
    high = ORDER - int.from_bytes(s, "big")
    assert high > HALF_ORDER
    return r + high.to_bytes(32, "big") + bytes([55 - v])


def _compact(request):
    """ERC-2098: the parity of y in the highest bit of s."""
    r, s, v = _parts(request.signature)
    packed = int.from_bytes(s, "big") | (v - 27) << 255
    return r + packed.to_bytes(32, "big")


def _of_the_digest_as_a_message(request):
    return bytes(Account.sign_message(encode_defunct(request.digest), request.signer.key).signature)


FORMS = {
    "empty": lambda _: b"",
    "zero": lambda _: bytes(65),
    "one byte": lambda _: b"\x1b",
    "64 bytes": lambda request: request.signature[:64],
    "66 bytes": lambda request: request.signature + b"\0",
    "compact": _compact,
    "high s": _high_s,
    "v of 0 or 1": lambda request: request.signature[:64] + bytes([request.signature[64] - 27]),
    "v of 29": lambda request: request.signature[:64] + b"\x1d",
    "v of 35": lambda request: request.signature[:64] + bytes([request.signature[64] + 8]),
    "r of zero": lambda request: bytes(32) + request.signature[32:],
    "s of zero": lambda request: request.signature[:32] + bytes(32) + request.signature[64:],
    "all ones": lambda _: b"\xff" * 65,
    "random": lambda _: bytes.fromhex("5a" * 64) + b"\x1b",
    "flipped v": lambda request: request.signature[:64] + bytes([55 - request.signature[64]]),
    "twice": lambda request: request.signature * 2,
    "of the digest as a message": _of_the_digest_as_a_message,
}


class TestDomain:
    """ERC-5267: the domain as a wallet needs it."""

    @pytest.mark.parametrize(
        ("which", "name"), [("registry", "OCN Registry"), ("permissions", "OCN Permissions")]
    )
    def test_it_is_reported(self, open_pair, which, name):
        contract = getattr(open_pair, which)

        fields, *domain, extensions = contract.eip712Domain()

        assert fields == b"\x0f"  # name, version, chainId, verifyingContract; no salt
        assert domain == [name, "3", 31337, str(contract.address), bytes(32)]
        assert extensions == ()

    def test_it_follows_the_chain_id(self, rpc, signed_request, registry, spender, operator):
        """After a fork of the chain, requests of one chain are not valid on the other."""
        request = signed_request("SetNode", operator, "https://node.example.com")
        rpc.request("anvil_setChainId", 246)
        try:
            with reverts("InvalidSignature", operator):
                registry.call(request.calldata, sender=spender)
            assert registry.eip712Domain()[3] == 246
        finally:
            rpc.request("anvil_setChainId", 31337)
        registry.call(request.calldata, sender=spender)


def test_signer_needs_no_ether(signed_request, registry, rpc, spender):
    unfunded = Account.create()
    assert rpc.request("eth_getBalance", unfunded.address, "latest") == "0x0"

    signed_request("SetNode", unfunded, "https://node.example.com").send(spender)

    assert registry.getNode(unfunded) == "https://node.example.com"
