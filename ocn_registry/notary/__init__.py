"""OCN Notary: sign OCPI messages, and find out who signed the ones that come.

Compatible with the JavaScript library (`@shareandcharge/ocn-notary`) and the JVM ones, both ways.
Needs the extra `notary`: brotli. It is no dependency of the package itself, because HTTP libraries
that find it installed begin to ask servers for brotli.

```python
message = OcpiMessage.request(headers, params=query, body=body)
signature = MessageSignature.from_header(headers["OCN-Signature"])
signed = signature.verify(message, require_all_fields=True)
signed.original.signatory  # the party? ask the registry
```

Nothing here asks a chain.
"""

from ocn_registry.notary.errors import (
    BrotliMissing,
    MalformedSignature,
    MessageRejected,
    ModifiedMessage,
    RepeatedField,
    SignatoryMismatch,
    UncoveredField,
    UnsignableMessage,
)
from ocn_registry.notary.messages import (
    REQUEST_HEADER,
    RESPONSE_PROPERTY,
    SIGNED_HEADERS,
    OcpiMessage,
)
from ocn_registry.notary.personal import PersonalMessage, recover_body, sign_body, verify_body
from ocn_registry.notary.rewrites import Rewrite
from ocn_registry.notary.signatures import MessageSignature
from ocn_registry.notary.values import Json
from ocn_registry.notary.verified import NODE_REWRITES, SignedLayer, VerifiedSignature
from ocn_registry.notary.wire import DEFAULT_LIMITS, Limits

__all__ = [
    "DEFAULT_LIMITS",
    "NODE_REWRITES",
    "REQUEST_HEADER",
    "RESPONSE_PROPERTY",
    "SIGNED_HEADERS",
    "BrotliMissing",
    "Json",
    "Limits",
    "MalformedSignature",
    "MessageRejected",
    "MessageSignature",
    "ModifiedMessage",
    "OcpiMessage",
    "PersonalMessage",
    "RepeatedField",
    "Rewrite",
    "SignatoryMismatch",
    "SignedLayer",
    "UncoveredField",
    "UnsignableMessage",
    "VerifiedSignature",
    "recover_body",
    "sign_body",
    "verify_body",
]
