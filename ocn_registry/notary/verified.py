"""The result of verification: who signed which state of a message."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.models import Address
    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.number_texts import NumberTexts

# The fields that OCN nodes rewrite. A verifier can reject messages with others in
# `VerifiedSignature.rewritten_fields`.
NODE_REWRITES = frozenset(
    {
        "$['body']['response_url']",
        "$['headers']['ocpi-to-country-code']",
        "$['headers']['ocpi-to-party-id']",
        "$['headers']['link']",
        "$['headers']['location']",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLayer:
    """A state of a message and its signer.

    Attributes:
        signatory: The signer's address.
        message: The signed message.
        rewritten_fields: Paths of the values that this signatory changed; empty for the author.
        number_texts: The number format: `javascript` or `jvm`.
    """

    signatory: Address
    message: OcpiMessage
    rewritten_fields: frozenset[str]
    number_texts: NumberTexts = "javascript"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """Who signed a message; look the signatories up in the registry.

    Attributes:
        layers: The states, latest first: the message as received, then before each rewrite.
    """

    layers: tuple[SignedLayer, ...]

    @property
    def signatories(self) -> tuple[Address, ...]:
        """All signatories, the latest first."""
        return tuple(layer.signatory for layer in self.layers)

    @property
    def signatory(self) -> Address:
        """The signatory of the message as received: its author, or the last node to change it."""
        return self.layers[0].signatory

    @property
    def original(self) -> SignedLayer:
        """The message as its author signed it."""
        return self.layers[-1]

    @property
    def rewritten_fields(self) -> frozenset[str]:
        """Paths of all values that nodes changed on the way; see `NODE_REWRITES`."""
        return frozenset(chain.from_iterable(layer.rewritten_fields for layer in self.layers))
