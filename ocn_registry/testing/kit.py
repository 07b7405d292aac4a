"""A registry for testing node software, with one line for each node and party.

```python
def test_message_reaches_the_other_node(ocn):
    mine, theirs = ocn.node("https://mine.example"), ocn.node("https://theirs.example")
    cpo = ocn.party("DE", "CPO", Role.CPO, node=theirs)
    assert ocn.cache().route("DE", "CPO").domain == theirs.domain
```

`ocn` is the fixture of `pytest_plugin`; without pytest, `RegistryKit.in_memory()` returns the same.
Every account has its own key and balance, so writes work like real ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ocn_registry.cache import RegistryCache
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.models import PartyId, Role
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import KeySigner
from ocn_registry.testing.chain import MemoryChain
from ocn_registry.transport.http_sync import HttpTransport
from ocn_registry.transport.memory import MemoryTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ocn_registry.cache import CacheOptions
    from ocn_registry.models import Address, Module
    from ocn_registry.networks import Deployment
    from ocn_registry.transport import Transport

_WEI = 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNode:
    """A node, and the signer of its operator."""

    domain: str
    signer: KeySigner

    @property
    def address(self) -> Address:
        """The operator's address."""
        return self.signer.address


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedParty:
    """A party, and its signer."""

    id: PartyId
    node: ListedNode
    signer: KeySigner

    @property
    def address(self) -> Address:
        """The party's address."""
        return self.signer.address


class RegistryKit:
    """A ready-to-use registry, with nothing listed.

    Attributes:
        deployment: The contracts.
        client: A client of the contracts.
    """

    def __init__(
        self,
        deployment: Deployment,
        transport: Transport,
        *,
        fund: Callable[[Address], None],
        end: Callable[[], None],
    ) -> None:
        """Create a kit on a chain; see `in_memory` and `on_anvil`.

        Args:
            deployment: The contracts.
            transport: Reaches the chain.
            fund: Funds an account.
            end: Stops the chain.
        """
        self.deployment = deployment
        self.client = RegistryClient(deployment, transport)
        self._fund = fund
        self._end = end
        self._caches: list[RegistryCache] = []

    @classmethod
    def in_memory(cls) -> Self:
        """Return a kit with a registry in memory, without a node or network."""
        chain = MemoryChain()
        transport = MemoryTransport(chain)
        return cls(chain.deployment, transport, fund=chain.give, end=_nothing)

    @classmethod
    def on_anvil(cls) -> Self:
        """Return a kit with the real contracts on its own development chain.

        Raises:
            DevnetError: Anvil is not installed.
        """
        devnet = Devnet()
        devnet.start()

        def fund(account: Address) -> None:
            devnet.request("anvil_setBalance", account, hex(_WEI))

        deployment = devnet.deployment()
        transport = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
        return cls(deployment, transport, fund=fund, end=devnet.close)

    def close(self) -> None:
        """Close the caches created by the kit, and stop the chain."""
        for cache in self._caches:
            cache.close()
        self.client.close()
        self._end()

    def signer(self) -> KeySigner:
        """Return a signer with a new, funded key."""
        signer = KeySigner.generate()
        self._fund(signer.address)
        return signer

    def node(self, domain: str = "https://node.example") -> ListedNode:
        """List a node with a new operator."""
        signer = self.signer()
        self.client.set_node(domain, signer=signer)
        return ListedNode(domain=domain, signer=signer)

    def party(
        self,
        country_code: str,
        party_id: str,
        *roles: Role,
        node: ListedNode,
        sender: Iterable[Module] = (),
        receiver: Iterable[Module] = (),
    ) -> ListedParty:
        """List a party with a new key.

        Args:
            country_code: First half of its id.
            party_id: Second half.
            roles: Its roles; `OTHER` unless given.
            node: The node that it is reached through.
            sender: Modules of which it implements the sender interface.
            receiver: Modules of which it implements the receiver interface.
        """
        signer = self.signer()
        self.client.set_party(
            country_code,
            party_id,
            roles or (Role.OTHER,),
            node.address,
            signer=signer,
        )
        modules = tuple(sender), tuple(receiver)
        if any(modules):
            self.client.set_party_modules(*modules, signer=signer)
        return ListedParty(id=PartyId(country_code, party_id), node=node, signer=signer)

    def service(self, provider: ListedParty, *permissions: int, name: str = "") -> None:
        """Offer a party's service that needs these permissions."""
        self.client.set_service(permissions, name=name, signer=provider.signer)

    def agreement(self, user: ListedParty, provider: ListedParty) -> None:
        """Create an agreement of a party to another party's service."""
        self.client.create_agreement(provider.address, signer=user.signer)

    def cache(self, options: CacheOptions | None = None) -> RegistryCache:
        """Return a cache loaded with the current entries. It is closed with the kit."""
        cache = RegistryCache(self.client, options=options)
        self._caches.append(cache)
        cache.refresh()
        return cache


def _nothing() -> None:
    """Do nothing."""
