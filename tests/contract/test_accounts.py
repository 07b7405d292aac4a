"""Moves, controllers, terms, reservations and websites on a real chain.

`tests/forge/Accounts.t.sol` has the rules one by one, with their errors. The tests here change keys
and look at the result from outside, with signatures by eth-account.
"""

import pytest
from kit.contract import ZERO_ADDRESS, event, id_of, reverts
from kit.layout import REGISTRY, entry


@pytest.fixture
def named(signed_request, spender):
    """Return a function that sets the controller of an account: `named(cpo, stranger)`."""

    def named(account, controller, *, signer=None):
        request = signed_request.unsigned("SetController", account, controller)
        return request.signed_by(signer or account).send(spender)

    return named


def test_a_new_key_gets_everything_of_the_old_one(
    registry, permissions, signed_request, listed_party, agreed, spender, operator, cpo, emsp,
    third_provider,
):  # fmt: skip
    url = "https://cpo.example.com"
    registry.setNode(url, sender=cpo)
    party_id = listed_party(cpo)
    further = listed_party(cpo, (b"FR", b"CPO"), at=cpo)
    listed_party(emsp, at=cpo)
    registry.setPartyWebsite(*party_id, url, sender=cpo)
    agreed(emsp, cpo)
    agreed(cpo, emsp)

    receipt = signed_request("MoveAccount", cpo, third_provider).send(spender)

    new = third_provider
    assert receipt.events == (
        event("AccountMoved", cpo, new),
        event("OperatorUpdate", cpo, ""),
        event("OperatorUpdate", new, url),
        event("PartyUpdate", *party_id, new, [0], [], [], operator),
        event("PartyUpdate", *further, new, [0], [], [], new),
    )
    assert receipt.gas_used < 200_000
    assert registry.party(*party_id).website == url
    assert registry.getOperatorByAddress(emsp) == (new.address, url)
    assert permissions.getUserAgreementsByAddress(emsp) == (new.address,)
    assert permissions.getUserAgreementsByAddress(new) == (emsp.address,)
    assert permissions.getProviders() == (new.address, emsp.address)
    assert (registry.nonces(cpo), registry.nonces(new)) == (1, 2**32 + 1)
    assert (permissions.nonces(cpo), permissions.nonces(new)) == (0, 2**32)
    with reverts("AccountRetired", cpo):
        registry.setParty("DE", "NEW", [0], new, sender=cpo)


def test_nobody_gets_an_account_without_accepting(
    signed_request, listed_party, spender, cpo, stranger, third_provider
):
    listed_party(cpo)
    request = signed_request("MoveAccount", cpo, third_provider.address)

    with reverts("SignatureExpired", 0):
        request.send(spender)
    with reverts("InvalidSignature", third_provider):
        other = signed_request("MoveAccount", cpo, stranger).acceptance
        request.contract.moveAccountRaw(*request.values[:-1], other, sender=spender)

    request.send(third_provider)  # sending it is an acceptance


def test_a_stolen_key_of_a_controlled_account_changes_nothing(
    registry, permissions, signed_request, listed_service, named, spender, provider, stranger,
    third_provider,
):  # fmt: skip
    listed_service(provider)
    receipt = named(provider, stranger)
    assert receipt.events == (event("ControllerSet", provider, stranger),)
    party_id = id_of(registry, provider)

    refused = ("NotController", provider, stranger)
    with reverts(*refused):
        registry.deleteParty(sender=provider)
    with reverts(*refused):
        permissions.deleteService(sender=provider)
    with reverts("InvalidSignature", stranger):
        signed_request("MoveAccount", provider, third_provider).send(spender)
    with reverts("InvalidSignature", stranger):
        named(provider, ZERO_ADDRESS)

    rescue = signed_request.unsigned("MoveAccount", provider, third_provider)
    rescue.signed_by(stranger).send(spender)
    assert registry.partyOf(*party_id) == third_provider.address
    assert registry.controllerOf(third_provider) == stranger.address
    assert permissions.getProviders() == (third_provider.address,)


def test_requests_of_an_earlier_term_are_void(
    registry, signed_request, named, spender, cpo, stranger
):
    before = signed_request("SetNode", cpo, "https://before.example.com")
    named(cpo, stranger)
    after = signed_request.unsigned("SetNode", cpo, "https://after.example.com")
    after = after.signed_by(stranger)
    named(cpo, ZERO_ADDRESS, signer=stranger)

    for request in (before, after):
        with reverts("InvalidNonce", cpo, 2 * 2**32 + 2):
            request.send(spender)
    assert registry.controllerOf(cpo) == cpo.address


def test_only_the_holder_lists_a_reserved_id(registry, listed_party, owner, operator, cpo, emsp):
    party_id = listed_party(cpo)

    receipt = registry.adminReserveParty(*party_id, emsp, sender=owner)

    assert receipt.events == (
        event("PartyUpdate", *party_id, cpo, [], [], [], ZERO_ADDRESS),
        event("PartyReserved", *party_id, emsp),
    )
    assert registry.reservationOf(*party_id) == emsp.address
    with reverts("PartyIdReserved", *party_id, emsp):
        listed_party(cpo)
    listed_party(emsp, party_id)
    assert registry.reservationOf(*party_id) == ZERO_ADDRESS


def test_only_the_operator_lists_a_reserved_url(
    registry, listed_node, owner, operator, other_operator
):
    url = listed_node(operator)

    receipt = registry.adminReserveNode(url, other_operator, sender=owner)

    assert receipt.events == (
        event("OperatorUpdate", operator, ""),
        event("NodeReserved", url, other_operator),
    )
    with reverts("DomainReserved", url, other_operator):
        registry.setNode(url, sender=operator)
    registry.setNode(url, sender=other_operator)


def test_a_website_belongs_to_one_id(write, registry, listed_party, cpo):
    party_id = listed_party(cpo)

    receipt = write("SetPartyWebsite", cpo, *party_id, "https://cpo.example.com")

    announced = event("PartyWebsite", *party_id, cpo, "https://cpo.example.com")
    assert receipt.events == (announced,)
    assert registry.party(*party_id).website == "https://cpo.example.com"
    write("SetPartyWebsite", cpo, *party_id, "")
    assert registry.party(*party_id).website == ""


def test_64_ids_move_within_a_block_of_8_000_000_gas(
    registry, signed_request, listed_party, spender, cpo, third_provider
):
    for number in range(64):
        listed_party(cpo, (b"DE", f"{number:03}".encode()))

    receipt = signed_request("MoveAccount", cpo, third_provider).send(spender, gas=8_000_000)

    assert receipt.gas_used < 1_250_000
    assert len(registry.partiesOf(third_provider)) == 64


LAST_TERM = 2**16 - 1
TERM_AT = 224  # bits below the term in the word of an account


@pytest.fixture
def in_its_last_term(registry):
    """Put an account into its last term, which would take one transaction per term."""

    def put(account):
        slot = entry(REGISTRY["accounts"], account.address)
        word = registry.slot(slot) % 2**TERM_AT
        registry.set_slot(slot, word | LAST_TERM << TERM_AT)

    return put


def test_terms_end_without_starting_over(
    registry, signed_request, named, listed_party, in_its_last_term, spender, cpo, stranger
):  # fmt: skip
    listed_party(cpo)
    in_its_last_term(cpo)
    with reverts("TooManyTerms", cpo, LAST_TERM):
        named(cpo, stranger)
    with reverts("TooManyTerms", cpo, LAST_TERM):
        registry.setController(cpo, (0, 0, b""), sender=cpo)
    assert registry.nonces(cpo) == LAST_TERM << 32
    assert registry.controllerOf(cpo) == cpo.address
    # Everything else still works, including moving away.
    signed_request("SetNode", cpo, "https://cpo.example.com").send(spender)
    signed_request("MoveAccount", cpo, stranger).send(spender)
    assert registry.nonces(stranger) == 2**32 + 1


def test_no_account_is_moved_to_one_in_its_last_term(
    signed_request, listed_party, in_its_last_term, registry, spender, cpo, stranger
):
    party_id = listed_party(cpo)
    in_its_last_term(stranger)
    with reverts("TooManyTerms", stranger, LAST_TERM):
        signed_request("MoveAccount", cpo, stranger).send(spender)
    assert registry.partyOf(*party_id) == cpo.address
