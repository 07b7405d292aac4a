"""What verification returns: who signed which state of a message."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocn_registry.models import Address
    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.number_texts import NumberTexts

# What nodes of the OCN rewrite. A verifier may look at `VerifiedSignature.rewritten_fields` and
# refuse more than these.
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
    """A state of a message, and who signed it.

    Attributes:
        signatory: Whose key signed.
        message: What was signed.
        rewritten_fields: Paths of the values that this signatory had changed; none for the first
            one, who wrote the message.
        number_texts: The text that the numbers were signed in: JavaScript's or Java's.
    """

    signatory: Address
    message: OcpiMessage
    rewritten_fields: frozenset[str]
    number_texts: NumberTexts = "javascript"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """Who signed a message; look the signatories up in the registry.

    Attributes:
        layers: Newest first: the message as it came, then before each rewrite.
    """

    layers: tuple[SignedLayer, ...]

    @property
    def signatories(self) -> tuple[Address, ...]:
        """All signatories, the newest first."""
        return tuple(layer.signatory for layer in self.layers)

    @property
    def signatory(self) -> Address:
        """The signatory of the message as it came: its sender, or the last node that changed it."""
        return self.layers[0].signatory

    @property
    def original(self) -> SignedLayer:
        """The message as its author signed it."""
        return self.layers[-1]

    @property
    def rewritten_fields(self) -> frozenset[str]:
        """Paths of all values that nodes changed on the way; see `NODE_REWRITES`."""
        return frozenset(chain.from_iterable(layer.rewritten_fields for layer in self.layers))
