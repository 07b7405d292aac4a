"""invalidateNonce and invalidateNonceRaw of both contracts void requests."""

import pytest
from kit.contract import reverts
from kit.layout import PERMISSIONS, REGISTRY, entry

MAX_RAISE = 65_536
NONCE_BITS = 32


@pytest.fixture(params=["registry", "permissions"])
def contract(request, open_pair):
    return getattr(open_pair, request.param)


@pytest.fixture
def set_nonce(contract, registry):
    """Write a nonce to storage, as if that many requests had been made."""

    def set_nonce(account, nonce):
        is_registry = contract.address == registry.address
        place = REGISTRY["accounts"] if is_registry else PERMISSIONS["nonce_counts"]
        slot = entry(place, account.address)
        assert contract.nonces(account) == 0
        contract.set_slot(slot, contract.slot(slot) | nonce << (192 if is_registry else 0))
        assert contract.nonces(account) == nonce

    return set_nonce


@pytest.mark.parametrize("by", [1, 2, MAX_RAISE - 1, MAX_RAISE])
def test_nonce_is_raised(write, contract, cpo, by):
    receipt = write("InvalidateNonce", cpo, by, contract=contract)

    assert contract.nonces(cpo) == by
    assert receipt.events == ()


@pytest.mark.parametrize("to", [0, MAX_RAISE + 1, 2**32, 2**256 - 1])
def test_nonce_is_raised_by_65536_at_most(write, contract, cpo, to):
    with reverts("NonceOutOfRange", to, 1, MAX_RAISE):
        write("InvalidateNonce", cpo, to, contract=contract)

    assert contract.nonces(cpo) == 0


@pytest.mark.parametrize("step", [-7, -1, 0, MAX_RAISE + 1])
def test_bounds_move_with_the_nonce(write, contract, cpo, step):
    contract.invalidateNonce(7, sender=cpo)

    with reverts("NonceOutOfRange", 7 + step, 8, 7 + MAX_RAISE):
        write("InvalidateNonce", cpo, 7 + step, contract=contract)

    assert contract.nonces(cpo) == 7


@pytest.mark.parametrize("step", [1, MAX_RAISE])
def test_nonce_is_raised_again(write, contract, cpo, step):
    contract.invalidateNonce(7, sender=cpo)

    write("InvalidateNonce", cpo, 7 + step, contract=contract)

    assert contract.nonces(cpo) == 7 + step


def test_requests_below_the_new_nonce_are_void(
    write, contract, signed_request, registry, spender, operator, provider, listed_service
):
    listed_service(provider)
    kind, signer, values = (
        ("SetNode", operator, ("https://new.example.com",))
        if contract.address == registry.address
        else ("DeleteService", provider, ())
    )
    below, at = (signed_request(kind, signer, *values, nonce=n) for n in (2, 3))

    write("InvalidateNonce", signer, 3, contract=contract)

    with reverts("InvalidNonce", signer, 3):
        below.send(spender)
    at.send(spender)


def test_only_the_nonce_of_the_caller_is_raised(contract, cpo, emsp):
    contract.invalidateNonce(5, sender=cpo)

    assert contract.nonces(emsp) == 0


def test_unlisted_account_may_raise_its_nonce(write, contract, stranger):
    write("InvalidateNonce", stranger, 1, contract=contract)

    assert contract.nonces(stranger) == 1


def test_raising_by_one_with_a_request_uses_up_only_that_request(
    contract, signed_request, spender, cpo
):
    signed_request("InvalidateNonce", cpo, 1, contract=contract).send(spender)

    assert contract.nonces(cpo) == 1


class TestNearTheEnd:
    """A term has 2**32 nonces. The last can't be used, and nothing wraps into the next term."""

    LAST = 2**NONCE_BITS - 1

    def test_last_nonce_can_be_reached(self, write, contract, set_nonce, cpo):
        set_nonce(cpo, self.LAST - 10)

        write("InvalidateNonce", cpo, self.LAST, contract=contract)

        assert contract.nonces(cpo) == self.LAST

    def test_nonce_does_not_wrap(self, write, contract, set_nonce, cpo):
        set_nonce(cpo, self.LAST - 10)

        with reverts("NonceOutOfRange", self.LAST + 1, self.LAST - 9, self.LAST):
            write("InvalidateNonce", cpo, self.LAST + 1, contract=contract)

        assert contract.nonces(cpo) == self.LAST - 10

    def test_request_before_the_last_takes_effect(
        self, contract, set_nonce, signed_request, spender, cpo
    ):
        set_nonce(cpo, self.LAST - 1)

        request = signed_request("InvalidateNonce", cpo, self.LAST, contract=contract)
        request.send(spender)

        assert contract.nonces(cpo) == self.LAST

    def test_request_with_the_last_nonce_is_refused(
        self, contract, set_nonce, signed_request, spender, cpo
    ):
        set_nonce(cpo, self.LAST)

        request = signed_request("InvalidateNonce", cpo, self.LAST + 1, contract=contract)
        with reverts("NonceOutOfRange", self.LAST + 1, self.LAST + 1, self.LAST):
            request.send(spender)

    def test_no_request_with_the_last_nonce_takes_effect(
        self, contract, registry, set_nonce, signed_request, listed_service, spender, provider
    ):
        """Otherwise, it could be sent for ever: the nonce would wrap around to 0."""
        listed_service(provider)
        set_nonce(provider, self.LAST)
        kind, values = (
            ("SetNode", ("https://last.example.com",))
            if contract.address == registry.address
            else ("DeleteService", ())
        )

        with reverts("NonceOutOfRange", self.LAST + 1, self.LAST + 1, self.LAST):
            signed_request(kind, provider, *values).send(spender)

        assert contract.nonces(provider) == self.LAST

    def test_direct_writes_go_on(self, contract, set_nonce, registry, cpo, listed_party):
        set_nonce(cpo, self.LAST)

        listed_party(cpo)
        registry.deleteParty(sender=cpo)

        assert contract.nonces(cpo) == self.LAST
