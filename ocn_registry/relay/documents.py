"""Documents signed for a relay: receipts, vouchers of operators, and withdrawals of requests.

All are EIP-712 typed data with a separate domain, so none can be mistaken for a request to the
contracts. With a voucher, a node's operator asks the relay to pay for an account. That `SetParty`
names an operator proves nothing, because the operator was not asked. An operator with a
controller speaks through it here as well: a stolen key of the operator can't spend its quota.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.typed_data import Domain, StructType, TypedData
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.portable.base import Portable, key
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import read_object, read_signature, recover, same_keys

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import Signer

SPONSOR = StructType.parse(
    "Sponsor(address operator,address account,uint256 requests,uint256 deadline)",
)
RECEIPT = StructType.parse("Receipt(string request,string sponsor,uint256 accepted)")
WITHDRAW = StructType.parse("Withdraw(string request)")
MAX_REQUESTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher(Portable):
    """An operator's permission for a relay to pay for an account.

    Attributes:
        operator: Who runs a node.
        account: The account that the relay may pay for.
        requests: The total number of requests.
        deadline_unix_s: When it expires, in Unix time.
        signature: The signature of the operator, or of its controller if it has one: 65 bytes.
    """

    operator: Address
    account: Address
    requests: int
    deadline_unix_s: int = field(metadata=key("deadline"))
    signature: bytes

    @classmethod
    @checked
    def sign(  # noqa: PLR0913 - all that a voucher says
        cls,
        deployment: Deployment,
        account: Address,
        *,
        requests: int,
        deadline_unix_s: int,
        signer: Signer,
        operator: Address | None = None,
    ) -> Voucher:
        """Sign a voucher with the key of an operator or of its controller.

        Args:
            deployment: The registry.
            account: The account that the relay may pay for.
            requests: The total number of requests, from 1 to 1,000.
            deadline_unix_s: When it expires, in Unix time.
            signer: The operator, or its controller.
            operator: The operator, if its controller signs; `None` for the signer.

        Raises:
            InvalidInput: The number of requests is out of range.
        """
        if not 1 <= requests <= MAX_REQUESTS:
            raise InvalidInput(
                f"{requests} is not a valid number of requests: use 1 to {MAX_REQUESTS}"
            )
        operator = operator or signer.address
        payload = _voucher(deployment, operator, account, requests, deadline_unix_s)
        return cls(
            operator=operator,
            account=account,
            requests=requests,
            deadline_unix_s=deadline_unix_s,
            signature=signer.sign(payload),
        )

    @classmethod
    def read(cls, text: str | bytes) -> Voucher:
        """Return the voucher in a JSON value. Its signature is not checked.

        Raises:
            InvalidInput: The value is not a voucher.
        """
        whole = read_object(text)
        same_keys(
            "voucher", set(whole), {"operator", "account", "requests", "deadline", "signature"}
        )
        return cls(
            operator=Address(str(whole["operator"])),
            account=Address(str(whole["account"])),
            requests=_number(whole["requests"], "requests", MAX_REQUESTS),
            deadline_unix_s=_number(whole["deadline"], "deadline", (1 << 53) - 1),
            signature=read_signature(whole["signature"]),
        )

    def is_signed_for(self, deployment: Deployment, signer: Address) -> bool:
        """Return whether exactly this was signed for this registry.

        Args:
            deployment: The registry.
            signer: The operator's controller: the operator itself if it has none.
        """
        payload = _voucher(
            deployment, self.operator, self.account, self.requests, self.deadline_unix_s
        )
        return recover(payload.digest(), self.signature) == signer

    def name(self, deployment: Deployment) -> str:
        """Return the name under which the voucher's requests are counted: its digest."""
        payload = _voucher(
            deployment, self.operator, self.account, self.requests, self.deadline_unix_s
        )
        return "0x" + payload.digest().hex()


def receipt(
    deployment: Deployment,
    request: str,
    sponsor: str,
    accepted_unix_s: int,
    signer: Signer,
) -> dict[str, object]:
    """Return a signed receipt for an accepted request.

    Args:
        deployment: The registry.
        request: The request's id.
        sponsor: The sponsor of the request.
        accepted_unix_s: When it was accepted.
        signer: The relay's key for receipts.

    Returns:
        The receipt as a JSON object: `relay`, `request`, `sponsor`, `accepted`, `signature`.
    """
    payload = TypedData(
        domain=_domain(deployment), type=RECEIPT, values=(request, sponsor, accepted_unix_s)
    )
    return {
        "relay": signer.address,
        "request": request,
        "sponsor": sponsor,
        "accepted": accepted_unix_s,
        "signature": "0x" + signer.sign(payload).hex(),
    }


def receipt_signer(deployment: Deployment, document: dict[str, object]) -> Address | None:
    """Return the signer of a receipt; `None` if the signature is not valid.

    Args:
        deployment: The registry.
        document: The receipt.
    """
    accepted = _number(document.get("accepted"), "accepted", (1 << 53) - 1)
    payload = TypedData(
        domain=_domain(deployment),
        type=RECEIPT,
        values=(
            str(document.get("request")),
            str(document.get("sponsor")),
            accepted,
        ),
    )
    return recover(payload.digest(), read_signature(document.get("signature")))


def withdrawal(deployment: Deployment, request: str) -> TypedData:
    """Return the payload that the signer of a request signs to withdraw it from a relay.

    Args:
        deployment: The registry.
        request: The request's id.
    """
    return TypedData(domain=_domain(deployment), type=WITHDRAW, values=(request.lower(),))


def _domain(deployment: Deployment) -> Domain:
    return Domain(
        name="OCN Relay",
        version="1",
        chain_id=deployment.chain_id,
        contract=deployment.registry,
    )


def _voucher(
    deployment: Deployment, operator: Address, account: Address, requests: int, deadline: int
) -> TypedData:
    values = (operator, account, requests, deadline)
    return TypedData(domain=_domain(deployment), type=SPONSOR, values=values)


def _number(value: object, name: str, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise InvalidInput(f"{name} is {shown(value)}: use a number from 0 to {most}")
