"""Direct writes: methods of both clients, in which the signer changes its own entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

# These two load, on first use, what only writes need.
from ocn_registry import flows, intents
from ocn_registry.client.base import Group, Run, SignerT
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.dialects import Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Module, Role
    from ocn_registry.outcomes import Outcome, Quote


@checked
class Writes(Group[Run], Generic[SignerT]):
    """Writes of an account's own entries, one transaction each."""

    def send(
        self,
        *steps: Step,
        signer: SignerT,
        cancel_signed: bool = False,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send intents in one transaction: either all take effect, or none.

        Requests that others signed can be among them.

        Args:
            steps: Intents and requests, all for the same contract.
            signer: The account whose entries change. It also pays.
            cancel_signed: Whether to cancel, in the same transaction, requests that the signer has
                signed and nobody has submitted. Until its deadline, such a request could undo the
                write. The next 1,000 nonces are skipped.
            options: See `WriteOptions`.
            quote: The quote of the same steps that a user has confirmed: the write never costs
                more, and a fresh quote saves a simulation.

        Returns:
            What was written.

        Raises:
            FeeAboveCap: The write would cost more than the quote, or than the options allow.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.admin.send(
                self._dialect,
                steps,
                signer,
                self._with(options),
                cancel_signed=cancel_signed,
                quote=quote,
            ),
        )

    def quote(
        self,
        *steps: Step,
        payer: str,
        options: WriteOptions | None = None,
    ) -> Quote:
        """Return the most that `send` can cost. The write is simulated, and nothing is sent.

        It raises what `send` would raise. Requests that others signed cost no more with `submit`.

        Args:
            steps: Intents and requests, all for the same contract.
            payer: Address of the account that would send them; its key is not needed.
            options: See `WriteOptions`.

        Returns:
            The most that it can cost; pass it to the write, and it never costs more.

        Raises:
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(
            flows.quote.quote(self._dialect, steps, Address(payer), self._with(options)),
        )

    def set_node(
        self,
        domain: str,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """List the signer's node under a URL, or change the URL.

        Args:
            domain: URL of the node.
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.SetNode(domain=domain), signer=signer, options=options)

    def delete_node(self, *, signer: SignerT, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's node.

        Args:
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.DeleteNode(), signer=signer, options=options)

    def set_party(  # noqa: PLR0913 - what a party is
        self,
        country_code: str,
        party_id: str,
        roles: Iterable[Role],
        operator: str,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """List the signer as a party, or change its id, roles or operator.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            roles: What the party is; at least one role.
            operator: Address of the account whose node the party is reached through.
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        intent = intents.SetParty(
            country_code=country_code,
            party_id=party_id,
            roles=tuple(roles),
            operator=operator,
        )
        return self.send(intent, signer=signer, options=options)

    def set_party_modules(
        self,
        sender: Iterable[Module] = (),
        receiver: Iterable[Module] = (),
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Replace the modules that the signer's party implements.

        Args:
            sender: Modules of which it implements the sender interface; empty for none.
            receiver: Modules of which it implements the receiver interface; empty for none.
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        intent = intents.SetPartyModules(
            sender=tuple(sender),
            receiver=tuple(receiver),
        )
        return self.send(intent, signer=signer, options=options)

    def delete_party(self, *, signer: SignerT, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's only party.

        Args:
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.DeleteParty(), signer=signer, options=options)

    def set_service(
        self,
        permissions: Iterable[int],
        *,
        name: str = "",
        url: str = "",
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Offer the signer's service, or change it.

        Args:
            permissions: What the service needs.
            name: Name of the service, at most 100 bytes; may be empty.
            url: Where to read more; may be empty.
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        needed = tuple(permissions)
        intent = intents.SetService(name=name, url=url, permissions=needed)
        return self.send(intent, signer=signer, options=options)

    def delete_service(self, *, signer: SignerT, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's service.

        Args:
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.DeleteService(), signer=signer, options=options)

    def create_agreement(
        self,
        provider: str,
        permissions: Iterable[int] | None = None,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Agree to the service of a provider, to exactly these permissions if they are given.

        Args:
            provider: Address of the account that offers the service.
            permissions: What is agreed to, which must be what the service needs; `None` for
                whatever it needs.
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        given = None if permissions is None else tuple(permissions)
        intent = intents.CreateAgreement(provider=provider, permissions=given)
        return self.send(intent, signer=signer, options=options)

    def revoke_agreement(
        self,
        provider: str,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Revoke the signer's agreement with a provider.

        Args:
            provider: Address of the account that offers the service.
            signer: The account whose entry changes. It signs the transaction and pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.RevokeAgreement(provider=provider), signer=signer, options=options)
