"""Initial states of histories: a random part of a small registry, or nothing."""

from ocn_registry.models import Address
from ocn_registry.testing.model import Call, Permissions, Registry

from .operations import Operation
from .people import ANCIENT, KEYS, OWNER, WALLET
from .values import IDS, URLS

_, ONE, TWO, THREE, *_ = KEYS
_PARTIES = (THREE, ANCIENT, WALLET, ONE)
_NODES = (ONE, TWO, WALLET)
_PROVIDERS = (THREE, WALLET, ONE)
_CONSENTS = [(ANCIENT, THREE), (ANCIENT, WALLET), (ANCIENT, ONE), (ONE, THREE), (THREE, WALLET)]
_NEEDED = (1, 2)


def settled(registry: Registry, permissions: Permissions) -> list[Operation]:
    """Return the writes that fill both contracts, with the account that each concerns."""

    def direct(sender: Address, function: str, *arguments: object) -> Operation:
        contract = registry if function in Registry.externals else permissions
        return Operation(contract, Call(function, arguments), sender)

    return [
        *[direct(one, "setNode", url) for one, url in zip(_NODES, URLS, strict=False)],
        *[
            direct(one, "setParty", *identity, (1, 0), _NODES[place % 2])
            for place, (one, identity) in enumerate(zip(_PARTIES, IDS, strict=True))
        ],
        direct(THREE, "setPartyModules", (6, 0), (3,)),
        *[direct(one, "setService", "Charging", "", _NEEDED) for one in _PROVIDERS],
        *[direct(user, "createAgreement", provider) for user, provider in _CONSENTS],
    ]


def imported(registry: Registry, permissions: Permissions) -> list[Operation]:
    """Return the imports that fill both contracts in the same way, and close them."""

    def owners(contract: Registry | Permissions, function: str, *arguments: object) -> Operation:
        return Operation(contract, Call(function, arguments), OWNER)

    nodes = tuple(zip(_NODES, URLS, strict=False))
    parties = tuple(
        (one, *identity, (1, 0), (), (2, 2), _NODES[place % 2], "")
        for place, (one, identity) in enumerate(zip(_PARTIES, IDS, strict=True))
    )
    services = tuple((one, "Charging", "", _NEEDED) for one in _PROVIDERS)
    consents = tuple((*pair, _NEEDED) for pair in _CONSENTS)
    return [
        owners(registry, "importNodes", nodes),
        owners(registry, "importParties", parties),
        owners(permissions, "importServices", services),
        owners(permissions, "importAgreements", consents),
        owners(registry, "closeImport"),
        owners(permissions, "closeImport"),
    ]
