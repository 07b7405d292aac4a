"""Detect the generation of contracts from their addresses.

The third generation returns its name, version and address, and its Permissions returns the Registry
that it reads. The first generation does not identify itself: its Registry is recognized by a
function that the third lacks, and its Permissions by the functions that it lacks. Whether these two
belong together can't be determined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer, NoContract, Reverted, UnsupportedByDialect
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.networks import Deployment, with_chain_facts
from ocn_registry.protocol.effects import Call, ChainId, CodeSize, together

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow

_DOMAIN = "eip712Domain()"  # ERC-5267


def detect(registry: Address, permissions: Address, *, name: str = "found") -> Flow[Deployment]:
    """Detect the chain and the generation of two contracts.

    Args:
        registry: Address of the Registry.
        permissions: Address of its Permissions.
        name: Name for the deployment.

    Raises:
        NoContract: There is no contract at one of the addresses.
        UnsupportedByDialect: The contracts' generation is not supported, or they do not belong
            together.
    """
    chain_id, *sizes = yield from together(ChainId(), CodeSize(registry), CodeSize(permissions))
    for address, size in zip((registry, permissions), sizes, strict=True):
        if not size:
            raise NoContract(address)
    dialect = None
    if (yield from _all(_signs_of_third(chain_id, registry, permissions))):
        dialect = "v3"
    elif (yield from _all(_signs_of_first(registry, permissions))):
        says_its_name = yield from _all((_sign(permissions, _DOMAIN, _is_there),))
        dialect = None if says_its_name else "v1"
    if dialect is not None:
        found = Deployment(
            name=name,
            chain_id=chain_id,
            dialect=dialect,
            registry=registry,
            permissions=permissions,
        )
        return with_chain_facts(found)
    raise UnsupportedByDialect(
        f"{registry} and {permissions} are not a Registry and its Permissions of a supported "
        "generation: check both addresses, and their order",
    )


def _signs_of_third(
    chain_id: int, registry: Address, permissions: Address
) -> tuple[Call[bool], ...]:
    def is_domain(name: str, address: Address) -> Callable[[Words], bool]:
        def decode(reader: Words) -> bool:
            reader.fixed(1)  # a bit mask of the fields in use
            answered = (reader.text(), reader.text(), reader.uint(), reader.address())
            return answered == (name, "3", chain_id, address)

        return decode

    return (
        _sign(registry, _DOMAIN, is_domain("OCN Registry", registry)),
        _sign(permissions, _DOMAIN, is_domain("OCN Permissions", permissions)),
        _sign(permissions, "registry()", lambda reader: reader.address() == registry),
    )


def _signs_of_first(registry: Address, permissions: Address) -> tuple[Call[bool], ...]:
    def is_flag(reader: Words) -> bool:
        reader.flag()
        return True

    def is_list(reader: Words) -> bool:
        reader.addresses()
        return True

    return (
        _sign(registry, "isOwner()", is_flag),
        _sign(registry, "getNodeOperators()", is_list),
        _sign(permissions, "getProviders()", is_list),
    )


def _is_there(_: Words) -> bool:
    return True


def _sign(to: Address, signature: str, holds: Callable[[Words], bool]) -> Call[bool]:
    return Call(to, selector(signature), lambda data: bool(data) and holds(Words(data)))


def _all(signs: tuple[Call[bool], ...]) -> Flow[bool]:
    for sign in signs:
        try:
            if not (yield from sign):
                return False
        except (Reverted, BadAnswer):
            return False
    return True
