"""Hand over the registry: the owner offers it, the new owner accepts, and each step is checked.

A Safe can't sign a transaction like a key. Its call is written to a file, which its owners load
into the Safe's transaction builder.

```python
run(offer(deployment, safe, signer, WriteOptions()), transport.perform)
Path("accept.json").write_text(run(safe_file(deployment, safe), transport.perform))
run(accepted(deployment, safe), transport.perform)  # when the Safe has done it
```
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, OcnRegistryError, WrongChain
from ocn_registry.flows import write
from ocn_registry.intents import AcceptOwnership, TransferOwnership
from ocn_registry.models import Address
from ocn_registry.protocol.effects import ChainId, CodeSize, UnixTime, together

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome
    from ocn_registry.protocol.effects import Call, Flow
    from ocn_registry.signing import AnySigner

_FORM = "1.0"


class NotHandedOver(OcnRegistryError):
    """The ownership is not in the state that this step needs; the message says what it is."""


def offer(
    deployment: Deployment,
    new_owner: str,
    signer: AnySigner,
    options: WriteOptions,
    *,
    without_code: bool = False,
) -> Flow[Outcome]:
    """Offer the registry to a new owner, who has to accept.

    Args:
        deployment: The registry.
        new_owner: Address of a Safe, a timelock, or, if `without_code`, an account with a key.
        signer: The current owner.
        options: How the transaction is priced and waited for.
        without_code: Whether to allow an address without code.

    Raises:
        InvalidInput: There is no code at the address, and `without_code` is not set.
        NotHandedOver: The signer is not the owner, or the offer is not in effect afterwards.
    """
    dialect, heir = dialect_of(deployment), Address(new_owner)
    yield from offerable(deployment, heir, signer.address, without_code=without_code)
    steps = (TransferOwnership(new_owner=heir),)
    outcome = yield from write.send(dialect, steps, signer, options)
    pending = yield from dialect.pending_owner(outcome.block.number)
    if pending != heir:
        raise NotHandedOver(f"the registry is offered to {pending}, not to {heir}")
    return outcome


def offerable(
    deployment: Deployment,
    new_owner: str,
    owner: Address,
    *,
    without_code: bool = False,
) -> Flow[None]:
    """Check that the registry can be offered to a new owner. Nothing is sent.

    Args:
        deployment: The registry.
        new_owner: Address of the new owner.
        owner: The current owner.
        without_code: Whether to allow an address without code.

    Raises:
        InvalidInput: There is no code at the address, and `without_code` is not set.
        NotHandedOver: The registry has another owner.
        UnsupportedByDialect: Its contracts have no offer: they transfer in one step.
    """
    dialect, heir = dialect_of(deployment), Address(new_owner)
    asked = together(ChainId(), dialect.owner(None), CodeSize(heir), dialect.pending_owner(None))
    chain_id, owns, size, _ = yield from asked
    check_chain(deployment, chain_id)
    if owns != owner:
        raise NotHandedOver(f"{owns} owns the registry, and {owner} can't offer it")
    if not size and not without_code:
        raise InvalidInput(
            f"there is no code at {heir} on chain {chain_id}, so it is not a Safe or a timelock: "
            "check the address and its chain, or say that it is an account with a key "
            "(`without_code`, --without-code)",
        )


def accept(deployment: Deployment, signer: AnySigner, options: WriteOptions) -> Flow[Outcome]:
    """Accept the registry with a key, and check that it changed hands.

    Args:
        deployment: The registry.
        signer: The account that it was offered to.
        options: How the transaction is priced and waited for.

    Raises:
        NotHandedOver: It was not offered to the signer.
    """
    dialect = dialect_of(deployment)
    yield from offered(deployment, signer.address)
    outcome = yield from write.send(dialect, (AcceptOwnership(),), signer, options)
    yield from accepted(deployment, signer.address)
    return outcome


def safe_file(deployment: Deployment, safe: str) -> Flow[str]:
    """Return the file for a Safe to accept the registry.

    Args:
        deployment: The registry.
        safe: Address of the Safe that it was offered to.

    Returns:
        JSON for the Safe's transaction builder.

    Raises:
        NotHandedOver: It was not offered to this Safe.

    Source: Safe's transaction builder, `BatchFile` of version 1.0.
    """
    address = Address(safe)
    yield from offered(deployment, address)
    now_unix_s = yield from UnixTime()
    call = dialect_of(deployment).write((AcceptOwnership(),), each_alone=False, sender=address)
    says = f"acceptOwnership() of {deployment.registry}"
    return safe_batch(deployment, address, says, call, now_unix_s)


def safe_batch(
    deployment: Deployment,
    safe: Address,
    says: str,
    call: Call[object],
    now_unix_s: int,
) -> str:
    """Return a file for a Safe's transaction builder; see `safe_file`.

    Args:
        deployment: The registry.
        safe: The Safe that makes the call.
        says: Description of the call, for the Safe's owners.
        call: The call.
        now_unix_s: Time of creation, written to the file.
    """
    content = {
        "version": _FORM,
        "chainId": str(deployment.chain_id),
        "createdAt": now_unix_s * 1000,
        "meta": {
            "name": f"The registry {deployment.name}",
            "description": says,
            "createdFromSafeAddress": safe,
        },
        "transactions": [
            {
                "to": call.to,
                "value": "0",
                "data": "0x" + call.data.hex(),
                "contractMethod": None,
                "contractInputsValues": None,
            },
        ],
    }
    return json.dumps(content, indent=2) + "\n"


def accepted(deployment: Deployment, new_owner: str) -> Flow[None]:
    """Check that the new owner has accepted, and that there is no further offer.

    Args:
        deployment: The registry.
        new_owner: The expected owner.

    Raises:
        NotHandedOver: The registry has another owner, or was offered again.
    """
    dialect, heir = dialect_of(deployment), Address(new_owner)
    asked = together(ChainId(), dialect.owner(None), dialect.pending_owner(None))
    chain_id, owner, pending = yield from asked
    check_chain(deployment, chain_id)
    if owner != heir or pending is not None:
        also = f", and it is offered to {pending}" if pending is not None else ""
        raise NotHandedOver(f"{owner} owns the registry{also}: {heir} should own it alone")


def offered(deployment: Deployment, heir: Address) -> Flow[None]:
    """Check that the registry is offered to an account.

    Args:
        deployment: The registry.
        heir: The account that will accept.

    Raises:
        NotHandedOver: It is offered to another account, or not offered.
    """
    dialect = dialect_of(deployment)
    chain_id, pending = yield from together(ChainId(), dialect.pending_owner(None))
    check_chain(deployment, chain_id)
    if pending != heir:
        other = "nobody" if pending is None else pending
        raise NotHandedOver(f"the registry is offered to {other}, not to {heir}: offer it first")


def check_chain(deployment: Deployment, chain_id: int) -> None:
    """Raise `WrongChain` if the node is on another chain than the deployment."""
    if chain_id != deployment.chain_id:
        raise WrongChain(deployment.chain_id, chain_id)
