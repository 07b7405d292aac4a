"""Signers that are contracts (ERC-1271): they are called statically, with limited gas."""

import itertools
from types import SimpleNamespace

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from kit.contract import ZERO_ADDRESS, Contract, event, reverts
from kit.solidity import compiled, deploy, safe_artifact

URL = "https://node.example.com"
ERC1271_GAS = 250_000
YES = bytes.fromhex("1626ba7e")

SIGNATURES = [b"", b"\x01", bytes(64), bytes(65), bytes(66), bytes(130), bytes(5000)]


@pytest.fixture
def signer(rpc, stranger):
    """Deploy a signer: `signer("SaysYes")`."""
    return lambda name, *arguments: deploy(rpc, compiled()[name], stranger, *arguments)


@pytest.fixture
def ask(signed_request, spender):
    """Send a request of a contract, with this signature."""

    def ask(who, signature=b"", url=URL, **transaction):
        request = signed_request.unsigned("SetNode", who, url)
        return request.with_signature(signature).send(spender, **transaction)

    return ask


@pytest.mark.parametrize("signature", SIGNATURES, ids=len)
def test_contract_accepts_signatures_of_any_length(registry, signer, ask, signature):
    who = signer("SaysYes")

    receipt = ask(who, signature)

    assert receipt.events == (event("OperatorUpdate", who, URL),)
    assert registry.nonces(who) == 1


def test_contract_gets_the_digest_and_the_unchanged_signature(
    signed_request, signer, spender, stranger
):
    who = signer("SaysYesToOne")
    request = signed_request.unsigned("SetNode", who, URL)
    signature = bytes(range(77))
    with reverts("InvalidSignature", who):
        request.with_signature(signature).send(spender)

    who.approve(request.digest, signature, sender=stranger)

    with reverts("InvalidSignature", who):
        request.with_signature(signature + b"\0").send(spender)
    with reverts("InvalidSignature", who):
        request.but(domain=URL + "/x").with_signature(signature).send(spender)
    request.with_signature(signature).send(spender)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        YES,
        YES + bytes(27),
        bytes(32),
        b"\xff" * 32,
        bytes(28) + YES,
        bytes.fromhex("20c13b0b") + bytes(28),  # of the older isValidSignature(bytes,bytes)
        YES + bytes(27) + b"\x01",
        YES + b"\x01" + bytes(27),
        (1).to_bytes(32, "big"),
        bytes(32) + YES + bytes(28),
    ],
    ids=lambda answer: f"{len(answer)} bytes",
)
@pytest.mark.parametrize("signature", [b"", bytes(65)], ids=len)
def test_every_other_answer_is_a_refusal(signer, ask, answer, signature):
    who = signer("Answers", answer)

    with reverts("InvalidSignature", who):
        ask(who, signature)


def test_bytes_after_the_answer_are_ignored(signer, ask):
    """Only the first 32 bytes are read."""
    ask(signer("Answers", YES + bytes(28) + b"\xff" * 64))


@pytest.mark.parametrize("name", ["Reverts", "Silent", "Writes", "Loops"])
def test_signer_without_an_answer_refuses(signer, ask, name):
    who = signer(name)

    with reverts("InvalidSignature", who):
        ask(who)


def test_long_answer_is_not_copied(signer, ask, listed_node, operator):
    """The signer's memory counts against its 250,000 gas, and the spender pays for no copy."""
    listed_node(operator, "https://first.example.com")  # the first entry of a list costs more
    short = ask(signer("AnswersAtLength", 32)).gas_used

    long = ask(signer("AnswersAtLength", 200_000), url=URL.replace("node", "edon")).gas_used

    # 200,000 bytes: 18,750 gas linear and 76,293 quadratic, once, in the signer.
    assert 95_000 < long - short < 95_500


def test_answer_of_megabytes_is_not_an_answer(signer, ask):
    """Its memory costs more gas than a signer has."""
    who = signer("AnswersAtLength", 2_000_000)

    receipt = ask(who, check=False)

    assert receipt.error.name == "InvalidSignature"
    assert receipt.gas_used < ERC1271_GAS + 60_000


def test_signer_that_loops_burns_only_its_gas(signer, ask):
    receipt = ask(signer("Loops"), check=False)

    assert receipt.error.name == "InvalidSignature"
    assert ERC1271_GAS < receipt.gas_used < ERC1271_GAS + 60_000


@pytest.mark.parametrize(("burns", "enough"), [(200_000, True), (260_000, False)])
def test_signer_has_250000_gas(signer, ask, burns, enough):
    who = signer("Ponders", burns)

    if enough:
        ask(who)
    else:
        with reverts("InvalidSignature", who):
            ask(who)


def test_signer_that_loops_does_not_stop_a_batch(
    registry, signed_request, signer, spender, operator, other_operator
):
    looping = [signer("Loops") for _ in range(3)]
    good = [
        signed_request("SetNode", operator, URL),
        signed_request("SetNode", other_operator, URL + "/other"),
    ]
    bad = [signed_request.unsigned("SetNode", who, URL + "/bad") for who in looping]
    items = [r.calldata for r in (bad[0], good[0], bad[1], bad[2], good[1])]
    alone = registry.tryMulticall(
        [good[0].calldata, good[1].calldata], sender=spender, check=False
    ).gas_used
    registry.deleteNode(sender=operator)
    registry.deleteNode(sender=other_operator)
    items[1], items[4] = (
        signed_request("SetNode", operator, URL).calldata,
        signed_request("SetNode", other_operator, URL + "/other").calldata,
    )

    receipt = registry.tryMulticall(items, sender=spender)

    assert registry.getNode(operator) == URL
    assert registry.getNode(other_operator) == URL + "/other"
    reason = registry.error_data("InvalidSignature", looping[0])
    failed = [e for e in receipt.events if e[0] == "CallFailed"]
    assert failed[0] == event("CallFailed", 0, reason)
    assert [e[1][0] for e in failed] == [0, 2, 3]
    assert receipt.gas_used - alone < 3 * (ERC1271_GAS + 25_000)


def test_request_takes_effect_once_even_if_its_signer_sends_it_during_the_check(
    registry, signed_request, signer, spender, stranger
):
    """The check is a static call, so nothing can be written during it."""
    who = signer("Reenters")
    request = signed_request.unsigned("SetNode", who, URL)
    who.remember(request.calldata, sender=stranger)

    receipt = request.send(spender)  # its signer accepts if its own attempt has failed

    assert len(receipt.events) == 1
    assert registry.nonces(who) == 1


def test_request_of_a_contract_is_used_once(signed_request, registry, signer, spender):
    who = signer("SaysYes")
    request = signed_request.unsigned("SetNode", who, URL)
    request.send(spender)

    with reverts("InvalidNonce", who, 1):
        request.send(spender)


def test_deadline_holds_for_contracts(signed_request, signer, spender):
    request = signed_request.unsigned("SetNode", signer("SaysYes"), URL, deadline=1)

    with reverts("SignatureExpired", 1):
        request.send(spender)


def test_account_without_code_is_not_asked(signed_request, spender, operator):
    request = signed_request.unsigned("SetNode", operator, URL)

    with reverts("InvalidSignature", operator):
        request.with_signature(bytes(65)).send(spender)


@pytest.mark.parametrize("address", [f"0x{n:040x}" for n in (1, 2, 3, 4, 9)])
def test_precompiles_sign_nothing(signed_request, spender, address):
    """They answer static calls but have no code."""
    request = signed_request.unsigned("SetNode", address, URL)

    with reverts("InvalidSignature", address):
        request.send(spender)


class TestAccountWithKeyAndCode:
    """An account can have both: its own ECDSA signature is enough; otherwise its code is called."""

    @pytest.fixture
    def give_code(self, rpc, signer):
        """Put the code of a signer at an account."""

        def give_code(account, name, *arguments):
            code = rpc.request("eth_getCode", signer(name, *arguments).address, "latest")
            rpc.request("anvil_setCode", account.address, code)

        return give_code

    @pytest.mark.parametrize("code", ["Reverts", "Silent", "Loops"])
    def test_its_own_signature_is_enough(self, signed_request, give_code, spender, operator, code):
        give_code(operator, code)

        receipt = signed_request("SetNode", operator, URL).send(spender)

        assert receipt.gas_used < ERC1271_GAS  # its code was not called

    def test_its_code_is_asked_about_any_other(self, signed_request, give_code, spender, operator):
        give_code(operator, "SaysYes")

        signed_request.unsigned("SetNode", operator, URL).with_signature(bytes(65)).send(spender)

    def test_its_code_may_refuse_another_signature(
        self, signed_request, give_code, spender, stranger, operator
    ):
        give_code(operator, "Reverts")
        request = signed_request.unsigned("SetNode", operator, URL).signed_by(stranger)

        with reverts("InvalidSignature", operator):
            request.send(spender)


SAFE_OWNERS = ["owner", "cpo", "emsp"]


class TestSafe:
    """Safe 1.3.0, the version deployed on Energy Web's chains, from its npm package."""

    @pytest.fixture
    def contracts(self, rpc, stranger):
        artifacts = {
            "singleton": "GnosisSafe.sol/GnosisSafe",
            "factory": "proxies/GnosisSafeProxyFactory.sol/GnosisSafeProxyFactory",
            "handler": "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
            "sign_message": "examples/libraries/SignMessage.sol/SignMessageLib",
        }
        return SimpleNamespace(
            **{name: deploy(rpc, safe_artifact(path), stranger) for name, path in artifacts.items()}
        )

    @pytest.fixture
    def new_safe(self, rpc, contracts, stranger):
        """Create a Safe with these owners: `new_safe([owner], 1)`."""
        salts = itertools.count()

        def new_safe(owners, threshold):
            setup = contracts.singleton.setup.calldata(
                owners, threshold, ZERO_ADDRESS, b"", contracts.handler, ZERO_ADDRESS, 0,
                ZERO_ADDRESS,
            )  # fmt: skip
            values = (contracts.singleton, setup, next(salts))
            create = contracts.factory.createProxyWithNonce
            address = create.call(*values, sender=stranger)
            create(*values, sender=stranger)
            return Contract(rpc, address, contracts.singleton.abi)

        return new_safe

    @staticmethod
    def safe_signature(safe, digest, owners):
        """Sign as the Safe's fallback handler requires: a message that wraps the digest."""
        typed = encode_typed_data(
            {"chainId": 31337, "verifyingContract": safe.address},
            {"SafeMessage": [{"name": "message", "type": "bytes"}]},
            {"message": digest},
        )
        in_order = sorted(owners, key=lambda owner: int(owner.address, 16))
        return b"".join(bytes(Account.sign_message(typed, o.key).signature) for o in in_order)

    def test_safe_with_one_owner_signs_with_65_bytes(
        self, registry, signed_request, new_safe, owner, spender
    ):
        """The signature has the length of an ECDSA signature, and recovers to another account."""
        safe = new_safe([owner], 1)
        request = signed_request.unsigned("SetNode", safe, URL)
        signature = self.safe_signature(safe, request.digest, [owner])
        assert len(signature) == 65

        receipt = request.with_signature(signature).send(spender)

        assert registry.getNode(safe) == URL
        assert receipt.gas_used < 200_000

    @pytest.mark.parametrize("count", [2, 3])
    def test_safe_with_several_owners_signs(
        self, registry, signed_request, new_safe, roles, spender, listed_node, operator, count
    ):
        owners = [roles[name] for name in SAFE_OWNERS]
        safe = new_safe(owners, count)
        listed_node(operator)
        request = signed_request.unsigned("SetParty", safe, "DE", "SAF", [0], operator)
        signature = self.safe_signature(safe, request.digest, owners[:count])

        request.with_signature(signature).send(spender)

        assert registry.partyOf(b"DE", b"SAF") == safe.address
        assert registry.nonces(safe) == 1

    def test_safe_agrees(
        self, permissions, signed_request, new_safe, owner, spender, listed_service, operator,
        provider,
    ):  # fmt: skip
        safe = new_safe([owner], 1)
        listed_service(provider)
        for primary_type, values in (
            ("SetParty", ("DE", "SAF", [0], operator)),
            ("CreateAgreement", (provider, [1, 5])),
        ):
            request = signed_request.unsigned(primary_type, safe, *values)
            signature = self.safe_signature(safe, request.digest, [owner])
            request.with_signature(signature).send(spender)

        assert permissions.hasUserAgreementByAddress(safe, provider)

    def test_too_few_owners_do_not_sign(self, signed_request, new_safe, roles, spender):
        owners = [roles[name] for name in SAFE_OWNERS]
        safe = new_safe(owners, 2)
        request = signed_request.unsigned("SetNode", safe, URL)
        signature = self.safe_signature(safe, request.digest, owners[:1])

        with reverts("InvalidSignature", safe):
            request.with_signature(signature).send(spender)

    def test_owner_signature_without_the_message_of_the_safe_is_refused(
        self, signed_request, new_safe, owner, spender
    ):
        safe = new_safe([owner], 1)
        request = signed_request.unsigned("SetNode", safe, URL).signed_by(owner)

        with reverts("InvalidSignature", safe):
            request.send(spender)

    def test_signature_for_one_safe_is_refused_by_another(
        self, signed_request, new_safe, owner, spender
    ):
        one, other = new_safe([owner], 1), new_safe([owner], 1)
        request = signed_request.unsigned("SetNode", one, URL)
        signature = self.safe_signature(other, request.digest, [owner])

        with reverts("InvalidSignature", one):
            request.with_signature(signature).send(spender)

    def test_stranger_does_not_sign_for_a_safe(
        self, signed_request, new_safe, owner, stranger, spender
    ):
        safe = new_safe([owner], 1)
        request = signed_request.unsigned("SetNode", safe, URL)
        signature = self.safe_signature(safe, request.digest, [stranger])

        with reverts("InvalidSignature", safe):
            request.with_signature(signature).send(spender)

    def test_message_signed_on_chain_needs_no_signature(
        self, registry, signed_request, contracts, new_safe, owner, spender
    ):
        """The Safe's owners approved it in a transaction of their own; the request has no
        signature."""
        safe = new_safe([owner], 1)
        request = signed_request.unsigned("SetNode", safe, URL)
        with reverts("InvalidSignature", safe):
            request.send(spender)

        question = encode(["bytes32"], [request.digest])
        data = contracts.sign_message.signMessage.calldata(question)
        approval = bytes.fromhex(f"{int(owner.address, 16):064x}") + bytes(32) + b"\x01"
        delegatecall = 1
        safe.execTransaction(
            contracts.sign_message, 0, data, delegatecall, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS,
            approval, sender=owner,
        )  # fmt: skip

        request.send(spender)

        assert registry.getNode(safe) == URL
