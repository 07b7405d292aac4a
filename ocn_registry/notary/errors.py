"""What can be wrong with a signed message.

```
OcnRegistryError
  MessageRejected        the message, or what says who signed it, can't be trusted
    MalformedSignature   it is no signature, or beyond a limit; also InvalidInput
    UnsignableMessage    the message holds what has no text to sign; also InvalidInput
    ModifiedMessage      these are not the values that were signed
    SignatoryMismatch    signed, but by another key than it says
    UncoveredField       the message holds a value that nobody signed (only where asked)
    RepeatedField        a value is signed twice (only where asked)
  BrotliMissing          the package was installed without the extra `notary`; also ImportError
```

A node that gets a message catches `MessageRejected`. Layer 0 is the message as it came, layer 1
what it was before the newest rewrite, and so on.
"""

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.text import shown


class MessageRejected(OcnRegistryError):
    """The message, or what says who signed it, can't be trusted: do not act on it."""

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Travel between processes with message and fields, whatever `__init__` takes."""
        return _again, (type(self), self.args, self.__dict__)


class MalformedSignature(MessageRejected, InvalidInput):
    """This is no signature of a message, or one beyond the limits."""


class UnsignableMessage(MessageRejected, InvalidInput):
    """The message holds something that has no text to sign, or that no verifier would find."""


class ModifiedMessage(MessageRejected):
    """The message does not hold the values that were signed."""

    def __init__(self, layer: int) -> None:
        """Say which state of the message it is."""
        super().__init__(
            f"{_named(layer)} does not hold the values that were signed: it was changed on its "
            "way, or signed in another form; do not act on it, ask the sender to send it again",
        )
        self.layer = layer


class SignatoryMismatch(MessageRejected):
    """The signature is not that of the address that it names."""

    def __init__(self, named: str, recovered: str | None, layer: int = 0) -> None:
        """Say whose signature it had to be, and whose it is if it is anybody's."""
        whose = f"the signature of {recovered}" if recovered else "a signature of nobody"
        super().__init__(
            f"{_named(layer)} carries {whose} in place of that of {named}: do not act on it",
        )
        self.named = named
        self.recovered = recovered
        self.layer = layer


class UncoveredField(MessageRejected):
    """The message holds a value that the signature does not cover."""

    def __init__(self, field: str, count: int, layer: int) -> None:
        """Say the first such field, and how many there are."""
        more = f", and {count - 1} more," if count > 1 else ""
        super().__init__(
            f"{_named(layer)} holds {shown(field)}{more} that the signature does not cover: "
            "anybody may have written it",
        )
        self.field = field
        self.count = count
        self.layer = layer


class RepeatedField(MessageRejected):
    """The signature lists a field twice."""

    def __init__(self, field: str) -> None:
        """Say which field."""
        super().__init__(
            f"the signature lists {shown(field)} more than once, which no honest signer does",
        )
        self.field = field


class BrotliMissing(OcnRegistryError, ImportError):
    """The library that compresses signatures is not installed."""

    def __init__(self) -> None:
        """Say how to get it."""
        super().__init__(
            "signatures of OCN messages are compressed with brotli 1.2 or newer, which is not "
            "installed: pip install 'ocn-registry[notary]'",
        )


def _named(layer: int) -> str:
    return "the message" if layer == 0 else f"the message before the newest {layer} rewrite(s)"


def _again(
    kind: type[MessageRejected],
    args: tuple[object, ...],
    fields: dict[str, object],
) -> MessageRejected:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error
