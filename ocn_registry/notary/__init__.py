"""OCN Notary: sign OCPI messages, and verify the signatures of those you receive.

Compatible with the JavaScript library (`@shareandcharge/ocn-notary`) and the JVM libraries in both
directions. Needs the extra `notary`, which installs brotli. The package itself does not depend on
brotli, because HTTP libraries that find it installed start to request it from servers.

```python
message = OcpiMessage.request(headers, params=query, body=body)
signature = MessageSignature.from_header(headers["OCN-Signature"])
signed = signature.verify(message, require_all_fields=True)
signed.original.signatory  # look it up in the registry
```

Nothing here accesses a chain.
"""

from ocn_registry.notary.errors import (
    BrotliMissing,
    HeaderTooLong,
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
from ocn_registry.notary.number_texts import NumberTexts
from ocn_registry.notary.obstacles import Obstacle, obstacles
from ocn_registry.notary.off_loop import read_body, verify_off_loop
from ocn_registry.notary.personal import PersonalMessage, recover_body, sign_body, verify_body
from ocn_registry.notary.rewrites import Rewrite
from ocn_registry.notary.signatures import MessageSignature
from ocn_registry.notary.values import Json
from ocn_registry.notary.verified import NODE_REWRITES, SignedLayer, VerifiedSignature
from ocn_registry.notary.wire import DEFAULT_LIMITS, NotaryLimits

__all__ = [
    "DEFAULT_LIMITS",
    "NODE_REWRITES",
    "REQUEST_HEADER",
    "RESPONSE_PROPERTY",
    "SIGNED_HEADERS",
    "BrotliMissing",
    "HeaderTooLong",
    "Json",
    "MalformedSignature",
    "MessageRejected",
    "MessageSignature",
    "ModifiedMessage",
    "NotaryLimits",
    "NumberTexts",
    "Obstacle",
    "OcpiMessage",
    "PersonalMessage",
    "RepeatedField",
    "Rewrite",
    "SignatoryMismatch",
    "SignedLayer",
    "UncoveredField",
    "UnsignableMessage",
    "VerifiedSignature",
    "obstacles",
    "read_body",
    "recover_body",
    "sign_body",
    "verify_body",
    "verify_off_loop",
]
