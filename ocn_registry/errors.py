"""All errors of the package, by cause.

```
OcnRegistryError
  InvalidInput             a value that the caller gave; also a ValueError
  UnsupportedByDialect     the contracts of the deployment don't support the operation
  FeeAboveCap              the write would cost more than the caller allows
  RequestRejected          a signed request that would not take effect
    SignatureMismatch · RequestExpired · NonceMismatch · BatchRejected
  Reverted                 the contract rejected the call; contract_errors has a class per error
    UnknownRevert          ... with an unknown error, or without one
  TransportError           the RPC node, or the connection to it, failed
    RpcUnavailable · RpcTimeout · RpcRefused · BadAnswer · WrongChain · NoContract
    InsufficientFunds      the sender can't pay for the transaction
  OutcomeUnknown           sent, but no receipt seen: look for its tx_hash before sending again
  TransactionReplaced      sent, but will never take effect: another one used its nonce
  NotSent                  one of many requests: a transaction before it got stuck
  JournalError             the journal of transactions can't be used; nothing was sent
  PartlyDone               a write took several transactions, and one after the first failed
  CacheError               the cache can't be used
    StaleCache · ReorgTooDeep
  MessageRejected          a signed OCPI message that can't be trusted; its tree is in notary.errors
```

Every message says what is wrong, with which value, and what to do next. Text of other people in it
is escaped and bounded (`text.shown`). Messages are for people; programs use the class and its
fields.
"""

from typing import ClassVar, Literal

from ocn_registry.foreign.text import masked, shown
from ocn_registry.foreign.times import date

_ERRORS_SHOWN = 5


class OcnRegistryError(Exception):
    """The base of all errors that this package raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Support pickling, whatever arguments the constructors take."""
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[OcnRegistryError], args: tuple[object, ...]) -> OcnRegistryError:
    error = kind.__new__(kind)
    error.args = args
    return error


class InvalidInput(OcnRegistryError, ValueError):
    """A value from the caller is not valid; nothing was sent."""


class UnsupportedByDialect(OcnRegistryError):
    """The contracts of this deployment don't support the operation; nothing was sent."""


class FeeAboveCap(OcnRegistryError):
    """The write would cost more than the caller allows; nothing was sent."""

    def __init__(
        self,
        needed_wei: int,
        cap_wei: int,
        *,
        of: Literal["gas", "transaction", "plan"] = "gas",
    ) -> None:
        """Create it from the needed and the allowed amount in wei, per gas or per transaction."""
        messages = {
            "gas": f"the chain asks for {needed_wei} wei per gas and the cap is {cap_wei}: raise "
            "the cap, or wait until the chain is less busy",
            "transaction": f"the transaction could cost {needed_wei} wei and the limit for one is "
            f"{cap_wei}: raise max_cost_wei (--max-cost) if that is intended",
            "plan": f"the write now costs up to {needed_wei} wei and the plan showed {cap_wei}: "
            "look at a new plan, then confirm it",
        }
        super().__init__(messages[of])
        self.needed_wei = needed_wei
        self.cap_wei = cap_wei


class RequestRejected(OcnRegistryError):
    """A signed request would not take effect; it was not sent."""


class SignatureMismatch(RequestRejected):
    """The signature is not the account's signature of this request."""

    def __init__(
        self,
        account: str,
        recovered: str | None,
        *,
        controlled: str | None = None,
        instead: str | None = None,
        refused: str | None = None,
    ) -> None:
        """Create it from the account that had to sign, and the one that did, if any.

        Args:
            account: The account that had to sign.
            recovered: The account that signed; `None` if the signature is not valid.
            controlled: The account of the request, if `account` is its controller.
            instead: What `account` signed in place of the request, if that is known.
            refused: How `account`, a contract, answered when it was asked (ERC-1271).
        """
        found = f"the signature of {recovered}" if recovered else "no valid signature of 65 bytes"
        if instead is not None:
            found = f"a signature of {account} {instead}"
        whose, role = (account, "") if controlled is None else (controlled, ", its controller")
        keys = f"with the key of {account}{role}"
        if refused is not None and instead is None:
            found = f"a signature that the contract {account}{role and role + ','} does not accept"
            found, keys = f"{found} ({refused})", "with the contract's own keys"
        super().__init__(
            f"the request of {whose} carries {found}: sign exactly this document {keys}, for this "
            "chain and contract",
        )
        self.account = account
        self.recovered = recovered
        self.controlled = controlled


class RequestExpired(RequestRejected):
    """The deadline of the request has passed."""

    def __init__(self, deadline_unix_s: int, now_unix_s: int) -> None:
        """Create it from the deadline and the chain's time, both in Unix seconds."""
        super().__init__(
            f"the request was valid until {date(deadline_unix_s)} and the chain's time is "
            f"{date(now_unix_s)}: prepare and sign a new one",
        )
        self.deadline_unix_s = deadline_unix_s
        self.now_unix_s = now_unix_s


class NonceMismatch(RequestRejected):
    """The request does not carry the account's next nonce."""

    def __init__(self, account: str, expected: int, got: int) -> None:
        """Create it from the account's next nonce, and the request's."""
        why = (
            "it was used or cancelled: prepare and sign a new one if you still want the change"
            if got < expected
            else "requests that were signed before it have to be sent first"
        )
        super().__init__(
            f"the next nonce of {account} is {expected} and the request carries {got}: {why}",
        )
        self.account = account
        self.expected = expected
        self.got = got


class BatchRejected(RequestRejected):
    """No request of a batch would take effect; nothing was sent."""

    def __init__(self, errors: tuple[OcnRegistryError, ...]) -> None:
        """Create it from the errors of the requests, in order."""
        shown_errors = errors[:_ERRORS_SHOWN]
        reasons = "; ".join(f"{index}: {error}" for index, error in enumerate(shown_errors))
        more = (
            f"; and {len(errors) - len(shown_errors)} more"
            if len(errors) > len(shown_errors)
            else ""
        )
        super().__init__(f"none of the {len(errors)} requests would take effect: {reasons}{more}")
        self.errors = errors


class Reverted(OcnRegistryError):
    """The contract rejected the call.

    If it rejected a simulation, nothing was sent or paid, and `tx_hash` is `None`.
    """

    signature: ClassVar[str] = ""
    tx_hash: str | None = None


class UnknownRevert(Reverted):
    """The contract rejected the call with an unknown error, or without one."""

    def __init__(self, data: bytes = b"") -> None:
        """Create it from the revert data."""
        super().__init__(
            f"the contract refused with unknown data {shown(data)}: check that the address is that "
            "of the right contract"
            if data
            else (
                "the contract refused without a reason: it ran out of gas, or is another contract: "
                "check the address"
            ),
        )
        self.data = data


class TransportError(OcnRegistryError):
    """The RPC node, or the connection to it, failed. Reads can be retried.

    Attributes:
        temporary: Whether it is known to be temporary, like a rate limit or a node that is behind.
    """

    temporary: bool = False


class RpcUnavailable(TransportError):
    """No RPC node could be reached, or it does not work."""


class RpcTimeout(TransportError):
    """An RPC node did not answer within the time limit."""


class RpcRefused(TransportError):
    """The RPC node answered with an error.

    Attributes:
        method: The JSON-RPC method.
        code: The error's code; 0 if it has none.
        message: The node's message, unescaped: escape it before you show it.
        unexplained: Whether the message is not a known one.
    """

    unexplained: bool = False

    def __init__(
        self,
        method: str,
        code: int,
        message: str,
        remedy: str = "if the message does not fit your request, try another node",
    ) -> None:
        """Create it from the node's code and message, which is shown escaped and shortened."""
        words = shown(masked(message, hashes=True), 300, public=True)
        super().__init__(f"the RPC node refused {method} (code {code}): {words}; {remedy}")
        self.method = method
        self.code = code
        self.message = message


class BadAnswer(TransportError):
    """The RPC node's answer is malformed."""


class WrongChain(TransportError):
    """The RPC node is on another chain than the deployment."""

    def __init__(self, expected: int, got: int) -> None:
        """Create it from both chain ids."""
        super().__init__(
            f"the RPC node is on chain {got} and the deployment on chain {expected}: "
            "give the URL of a node of that chain, or choose the other deployment",
        )
        self.expected = expected
        self.got = got


class NoContract(TransportError):
    """There is no contract at the address of the deployment."""

    def __init__(self, address: str) -> None:
        """Create it from the address."""
        super().__init__(
            f"there is no contract at {address} on this chain: check the deployment's address, and "
            "that the RPC node has caught up",
        )
        self.address = address


class InsufficientFunds(TransportError):
    """The sender can't pay for the transaction; it was not sent."""

    def __init__(self, account: str, balance_wei: int, needed_wei: int) -> None:
        """Create it from the account's balance, and the most that the transaction can cost."""
        super().__init__(
            f"{account} has {balance_wei:,} wei and the transaction may cost {needed_wei:,} wei: "
            "fund the account, or have another one pay (sign the request, let a spender submit it)",
        )
        self.account = account
        self.balance_wei = balance_wei
        self.needed_wei = needed_wei


class OutcomeUnknown(OcnRegistryError):
    """The transaction may have been sent, and its outcome is unknown.

    Do not send it again before you know the outcome: look up the receipt of `tx_hash`.
    """

    def __init__(self, tx_hash: str, why: str) -> None:
        """Create it from the transaction's hash, and why its outcome is unknown."""
        super().__init__(
            f"transaction {tx_hash} was sent and its outcome is not known ({why}): look for its "
            "receipt before sending anything again",
        )
        self.tx_hash = tx_hash


class TransactionReplaced(OcnRegistryError):
    """The transaction will never take effect: another one of the sender has used its nonce."""

    def __init__(self, tx_hash: str, number: int) -> None:
        """Create it from the transaction's hash and nonce."""
        super().__init__(
            f"transaction {tx_hash} will never take effect: another transaction of the same "
            f"sender has used its nonce {number}; check the current entries, then send what is "
            "missing",
        )
        self.tx_hash = tx_hash
        self.number = number


class NotSent(OcnRegistryError):
    """This request of a batch was not sent, because an earlier transaction got stuck."""

    def __init__(self, why: str) -> None:
        """Create it from the reason why the earlier transaction is stuck."""
        super().__init__(
            f"it was not sent, because an earlier transaction of the batch got stuck ({why}): "
            "submit it again",
        )


class JournalError(OcnRegistryError):
    """The journal of transactions can't be used. Nothing is sent without it."""


class PartlyDone(OcnRegistryError):
    """A write took several transactions, and one after the first failed.

    Attributes:
        error: The error; `OutcomeUnknown` if the outcome is unknown.
        tx_hashes: The transactions that took effect, including those that restored entries.
        restored: Whether entries removed by the earlier transactions were restored.
    """

    def __init__(
        self,
        error: OcnRegistryError,
        tx_hashes: tuple[str, ...],
        *,
        restored: bool,
    ) -> None:
        """Create it from the error, the sent transactions, and whether they were undone."""
        stands = (
            "the entries that they removed were restored, so nothing has changed"
            if restored
            else (
                "the entries that they removed were not restored: check the current entries, then "
                "set what is missing"
            )
        )
        super().__init__(
            f"one of several transactions failed ({error}) after {', '.join(tx_hashes)} took "
            f"effect; {stands}",
        )
        self.error = error
        self.tx_hashes = tx_hashes
        self.restored = restored


class CacheError(OcnRegistryError):
    """The cache can't be used."""


class StaleCache(CacheError):
    """The cache is older than the caller allows, or not loaded yet."""

    def __init__(self, age_s: float | None, block_number: int | None) -> None:
        """Create it from age in seconds and block; `None` if nothing was loaded yet."""
        super().__init__(
            "the cache is not loaded yet: refresh it, or start it, first"
            if age_s is None
            else (
                f"the cache is at block {block_number}, which was current {age_s:.1f} s ago, and "
                "that is older than allowed: check that the RPC node can be reached, or allow a "
                "greater age"
            ),
        )
        self.age_s = age_s
        self.block_number = block_number


class ReorgTooDeep(CacheError):
    """The chain has replaced more blocks than the cache can undo: load the registry again."""

    def __init__(self, block_number: int, depth: int) -> None:
        """Create it from the last known block, and how many blocks back were searched."""
        super().__init__(
            f"block {block_number} is not in the chain any more, nor is any remembered block of "
            f"the last {depth}: check that the RPC node is on the right chain, then load the "
            "registry again",
        )
        self.block_number = block_number
        self.depth = depth
