"""Read and write the registry of the Open Charging Network.

```python
from ocn_registry import KeySigner, connect

with connect("local") as registry:
    print(registry.route("DE", "ABC"))
    registry.set_node("https://node.example.com", signer=KeySigner.from_env("SIGNER"))
```

Every name is imported when it is first used: `import ocn_registry` itself costs nothing.
"""

from typing import TYPE_CHECKING

__version__ = "3.0.0.dev0"

if TYPE_CHECKING:
    from ocn_registry import contract_errors as contract_errors
    from ocn_registry.cache.async_cache import AsyncRegistryCache as AsyncRegistryCache
    from ocn_registry.cache.core import CacheOptions as CacheOptions
    from ocn_registry.cache.sync_cache import RegistryCache as RegistryCache
    from ocn_registry.client.async_client import AsyncRegistryClient as AsyncRegistryClient
    from ocn_registry.client.connect import connect as connect
    from ocn_registry.client.connect import find_deployment as find_deployment
    from ocn_registry.client.connect_async import connect_async as connect_async
    from ocn_registry.client.sync_client import RegistryClient as RegistryClient
    from ocn_registry.deploy.devnet import Devnet as Devnet
    from ocn_registry.errors import BadAnswer as BadAnswer
    from ocn_registry.errors import BatchRejected as BatchRejected
    from ocn_registry.errors import CacheError as CacheError
    from ocn_registry.errors import FeeAboveCap as FeeAboveCap
    from ocn_registry.errors import InsufficientFunds as InsufficientFunds
    from ocn_registry.errors import InvalidInput as InvalidInput
    from ocn_registry.errors import JournalError as JournalError
    from ocn_registry.errors import NoContract as NoContract
    from ocn_registry.errors import NonceMismatch as NonceMismatch
    from ocn_registry.errors import NotSent as NotSent
    from ocn_registry.errors import OcnRegistryError as OcnRegistryError
    from ocn_registry.errors import OutcomeUnknown as OutcomeUnknown
    from ocn_registry.errors import PartlyDone as PartlyDone
    from ocn_registry.errors import ReorgTooDeep as ReorgTooDeep
    from ocn_registry.errors import RequestExpired as RequestExpired
    from ocn_registry.errors import RequestRejected as RequestRejected
    from ocn_registry.errors import Reverted as Reverted
    from ocn_registry.errors import RpcRefused as RpcRefused
    from ocn_registry.errors import RpcTimeout as RpcTimeout
    from ocn_registry.errors import RpcUnavailable as RpcUnavailable
    from ocn_registry.errors import SignatureMismatch as SignatureMismatch
    from ocn_registry.errors import StaleCache as StaleCache
    from ocn_registry.errors import TransactionReplaced as TransactionReplaced
    from ocn_registry.errors import TransportError as TransportError
    from ocn_registry.errors import UnknownRevert as UnknownRevert
    from ocn_registry.errors import UnsupportedByDialect as UnsupportedByDialect
    from ocn_registry.errors import WrongChain as WrongChain
    from ocn_registry.events.cursor import CursorFile as CursorFile
    from ocn_registry.events.cursor import EventCursor as EventCursor
    from ocn_registry.events.feed import AsyncEventFeed as AsyncEventFeed
    from ocn_registry.events.feed import EventBatch as EventBatch
    from ocn_registry.events.feed import EventFeed as EventFeed
    from ocn_registry.events.provenance import Event as Event
    from ocn_registry.flows.credentials import wanted_parties as wanted_parties
    from ocn_registry.flows.options import WriteOptions as WriteOptions
    from ocn_registry.intents import AcceptAccount as AcceptAccount
    from ocn_registry.intents import Acceptance as Acceptance
    from ocn_registry.intents import AcceptController as AcceptController
    from ocn_registry.intents import AcceptOwnership as AcceptOwnership
    from ocn_registry.intents import AdminDeleteOperator as AdminDeleteOperator
    from ocn_registry.intents import AdminDeleteParty as AdminDeleteParty
    from ocn_registry.intents import AdminReserveNode as AdminReserveNode
    from ocn_registry.intents import AdminReserveParty as AdminReserveParty
    from ocn_registry.intents import CloseImport as CloseImport
    from ocn_registry.intents import CreateAgreement as CreateAgreement
    from ocn_registry.intents import DeleteNode as DeleteNode
    from ocn_registry.intents import DeleteParty as DeleteParty
    from ocn_registry.intents import DeleteService as DeleteService
    from ocn_registry.intents import ImportAgreements as ImportAgreements
    from ocn_registry.intents import ImportedAgreement as ImportedAgreement
    from ocn_registry.intents import ImportNodes as ImportNodes
    from ocn_registry.intents import ImportParties as ImportParties
    from ocn_registry.intents import ImportServices as ImportServices
    from ocn_registry.intents import Intent as Intent
    from ocn_registry.intents import InvalidateNonce as InvalidateNonce
    from ocn_registry.intents import MoveAccount as MoveAccount
    from ocn_registry.intents import PruneService as PruneService
    from ocn_registry.intents import RenounceOwnership as RenounceOwnership
    from ocn_registry.intents import RevokeAgreement as RevokeAgreement
    from ocn_registry.intents import SetController as SetController
    from ocn_registry.intents import SetNode as SetNode
    from ocn_registry.intents import SetParty as SetParty
    from ocn_registry.intents import SetPartyModules as SetPartyModules
    from ocn_registry.intents import SetPartyWebsite as SetPartyWebsite
    from ocn_registry.intents import SetService as SetService
    from ocn_registry.intents import SignableIntent as SignableIntent
    from ocn_registry.intents import TransferOwnership as TransferOwnership
    from ocn_registry.intents import WantedParty as WantedParty
    from ocn_registry.intents import intent_from_dict as intent_from_dict
    from ocn_registry.models import Address as Address
    from ocn_registry.models import Agreement as Agreement
    from ocn_registry.models import BlockRef as BlockRef
    from ocn_registry.models import Contract as Contract
    from ocn_registry.models import Interface as Interface
    from ocn_registry.models import Module as Module
    from ocn_registry.models import Node as Node
    from ocn_registry.models import Party as Party
    from ocn_registry.models import PartyId as PartyId
    from ocn_registry.models import Permission as Permission
    from ocn_registry.models import Role as Role
    from ocn_registry.models import Route as Route
    from ocn_registry.models import Service as Service
    from ocn_registry.models import Signatory as Signatory
    from ocn_registry.networks import Deployment as Deployment
    from ocn_registry.outcomes import Ensured as Ensured
    from ocn_registry.outcomes import EnsuredParties as EnsuredParties
    from ocn_registry.outcomes import Holdings as Holdings
    from ocn_registry.outcomes import Item as Item
    from ocn_registry.outcomes import Left as Left
    from ocn_registry.outcomes import Moved as Moved
    from ocn_registry.outcomes import OpenTransaction as OpenTransaction
    from ocn_registry.outcomes import Outcome as Outcome
    from ocn_registry.outcomes import Quote as Quote
    from ocn_registry.outcomes import SpenderStatus as SpenderStatus
    from ocn_registry.outcomes import change_from_dict as change_from_dict
    from ocn_registry.protocol.journal import Journal as Journal
    from ocn_registry.protocol.journal import JournalEntry as JournalEntry
    from ocn_registry.protocol.journal import MemoryJournal as MemoryJournal
    from ocn_registry.protocol.journal_sqlite import SqliteJournal as SqliteJournal
    from ocn_registry.relay.async_client import AsyncRelayClient as AsyncRelayClient
    from ocn_registry.relay.client import RelayClient as RelayClient
    from ocn_registry.relay.client import RelayedRequest as RelayedRequest
    from ocn_registry.relay.client import RelayRefused as RelayRefused
    from ocn_registry.relay.documents import Voucher as Voucher
    from ocn_registry.relay.event_stream import RelayEvent as RelayEvent
    from ocn_registry.relay.event_stream import RelayUnavailable as RelayUnavailable
    from ocn_registry.signing import AsyncExternalSigner as AsyncExternalSigner
    from ocn_registry.signing import AsyncSigner as AsyncSigner
    from ocn_registry.signing import ExternalSigner as ExternalSigner
    from ocn_registry.signing import KeySigner as KeySigner
    from ocn_registry.signing import Request as Request
    from ocn_registry.signing import SignedRequest as SignedRequest
    from ocn_registry.signing import Signer as Signer
    from ocn_registry.transport import AsyncTransport as AsyncTransport
    from ocn_registry.transport import Transport as Transport
    from ocn_registry.transport.http_async import AsyncHttpTransport as AsyncHttpTransport
    from ocn_registry.transport.http_sync import HttpTransport as HttpTransport
    from ocn_registry.transport.memory import AsyncMemoryTransport as AsyncMemoryTransport
    from ocn_registry.transport.memory import MemoryTransport as MemoryTransport
    from ocn_registry.transport.web3_adapter import AsyncWeb3Transport as AsyncWeb3Transport
    from ocn_registry.transport.web3_adapter import Web3Transport as Web3Transport
else:
    # A test holds this table and the imports above together.
    _HOMES = {
        "flows.credentials": "wanted_parties",
        "client.async_client": "AsyncRegistryClient",
        "cache.async_cache": "AsyncRegistryCache",
        "cache.core": "CacheOptions",
        "cache.sync_cache": "RegistryCache",
        "client.sync_client": "RegistryClient",
        "deploy.devnet": "Devnet",
        "networks": "Deployment",
        "errors": (
            "BadAnswer BatchRejected CacheError FeeAboveCap InsufficientFunds InvalidInput "
            "JournalError NoContract NonceMismatch NotSent OcnRegistryError OutcomeUnknown "
            "PartlyDone ReorgTooDeep RequestExpired RequestRejected Reverted RpcRefused RpcTimeout "
            "RpcUnavailable SignatureMismatch StaleCache TransactionReplaced TransportError "
            "UnknownRevert UnsupportedByDialect WrongChain"
        ),
        "events.cursor": "CursorFile EventCursor",
        "events.feed": "AsyncEventFeed EventBatch EventFeed",
        "events.provenance": "Event",
        "flows.options": "WriteOptions",
        "intents": (
            "AcceptAccount AcceptController AcceptOwnership Acceptance AdminDeleteOperator "
            "AdminDeleteParty AdminReserveNode AdminReserveParty CloseImport "
            "CreateAgreement DeleteNode DeleteParty DeleteService ImportAgreements "
            "ImportNodes ImportParties ImportServices ImportedAgreement Intent "
            "InvalidateNonce MoveAccount PruneService RenounceOwnership RevokeAgreement "
            "SetController SetNode SetParty SetPartyModules SetPartyWebsite SetService "
            "SignableIntent TransferOwnership WantedParty intent_from_dict"
        ),
        "models": (
            "Address Agreement BlockRef Contract Interface Module Node Party PartyId Permission "
            "Role Route Service Signatory"
        ),
        "client.connect": "connect find_deployment",
        "client.connect_async": "connect_async",
        "outcomes": (
            "Ensured EnsuredParties Holdings Item Left Moved OpenTransaction Outcome Quote "
            "SpenderStatus change_from_dict"
        ),
        "protocol.journal": "Journal JournalEntry MemoryJournal",
        "protocol.journal_sqlite": "SqliteJournal",
        "relay.async_client": "AsyncRelayClient",
        "relay.client": "RelayClient RelayRefused RelayedRequest",
        "relay.event_stream": "RelayEvent RelayUnavailable",
        "relay.documents": "Voucher",
        "signing": (
            "AsyncExternalSigner AsyncSigner ExternalSigner KeySigner Request SignedRequest Signer"
        ),
        "transport": "AsyncTransport Transport",
        "transport.http_async": "AsyncHttpTransport",
        "transport.http_sync": "HttpTransport",
        "transport.memory": "AsyncMemoryTransport MemoryTransport",
        "transport.web3_adapter": "AsyncWeb3Transport Web3Transport",
    }
    _HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used."""
        from importlib import import_module  # noqa: PLC0415 - slow, and rarely needed

        if name == "contract_errors":
            return import_module("ocn_registry.contract_errors")
        if name not in _HOME_OF:
            raise AttributeError(f"module 'ocn_registry' has no attribute {name!r}")
        value = getattr(import_module(f"ocn_registry.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """Return the public names."""
        return sorted([*_HOME_OF, "__version__", "contract_errors"])
