"""The few values of histories, so that they collide: valid ones, and invalid ones of each kind."""

from collections.abc import Callable

from ocn_registry.evm.keccak import selector
from ocn_registry.testing.model import Call

from .people import mirrored

MAX = 2**256 - 1

IDS = [("DE", "ABC"), ("DE", "1E2"), ("FR", "ABC"), ("FR", "007")]
BAD_COUNTRIES = ["de", "D1", "\0\0", "A\xff", "[A", "A@"]
BAD_PARTY_IDS = ["abc", "A-C", "AB\0", "\0\0\0", "A:A", "/00"]
URLS = [
    "https://a.example",
    "http://b.example:8080/ocn/v2",
    "https://[::1]/x~_%20",
    "https://a.example.of.a.domain.beyond.31.bytes",
    "https://" + "c" * 247,
]
BAD_URLS = [
    "",
    "https:/",
    "http://",
    "https://",
    "ftp://a",
    "https://A.example",
    "https://a.example/",
    "https://a.example.",
    "https://a b",
    "https://.a",
    "https://a\udcff",
    "https://ä",
    *["https://" + "c" * 248] * 3,
    "httpt://a",
    "https",
]
NAMES = ["", "Charging", "Käse ⚡ 🔌", "x" * 100, "\u00a0", "ü" * 50, "\u200d\u2010"]
BAD_NAMES = [
    "\0",
    "ab\x1f",
    "\x7f",
    "ok\x85",
    "x" * 101,
    "ab\udcff",
    "\udced\udca0\udc80",
    "é\udcc3",
    *["\u061c", "ok\u200e", "\u202e", "ab\u2066", "\u2028", "\ufeff"],
]
ROLES = [(0,), (1, 0), (6, 6, 2), (7,), (0, 1, 2, 3, 4, 5, 6, 7)]
BAD_ROLES = [(), (8,), (0, 255), (256,), (MAX,)]
MODULES = [(), (0,), (6, 3, 3), (1, 9), (15, 7), (6, 5, 4, 3, 2, 1, 0)]
BAD_MODULES = [(16,), (0, 255), (256,)]
PERMISSIONS = [(0,), (1, 2), (2, 1, 1), (63, 3), (16,)]
BAD_PERMISSIONS = [(), (64,), (0, MAX)]

# Faults of a signed request.
FAULTS = [
    "other signer",
    "other nonce",
    "nonce not signed",
    "deadline not signed",
    "other account",
    "other chain",
    "other contract",
    "other type",
    "high s",
    "low v",
    "cut",
    "long",
    "compact",
    "zero",
    "none at all",
    "random",
]
# Faults of an acceptance.
ACCEPTANCE_FAULTS = [
    "other nonce",
    "too late",
    "other signer",
    "other account",
    "other type",
    "none at all",
]
SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "high s": mirrored,
    "low v": lambda signature: signature[:64] + bytes([signature[64] - 27]),
    "cut": lambda signature: signature[:-1],
    "long": lambda signature: signature + b"\0",
    "compact": lambda signature: (
        signature[:32] + bytes([signature[32] | (signature[64] - 27) << 7]) + signature[33:64]
    ),
    "zero": lambda _signature: bytes(65),
    "none at all": lambda _signature: b"",
    "random": lambda _signature: bytes(range(64)) + b"\x1b",
}
# Requests with the same fields: the signature of one is tried for the other.
SAME_SHAPE = {
    "DeleteNode": "DeleteService",
    "DeleteService": "DeleteNode",
    "MoveAccount": "SetController",
    "SetController": "AcceptController",
    "AcceptAccount": "AcceptController",
    "AcceptController": "AcceptAccount",
}
# Intents whose direct function has a shorter one beside it: the longer one's name, and what the
# shorter one leaves out of its arguments.
SHORT: dict[str, tuple[str, Callable[[tuple[object, ...]], tuple[object, ...]]]] = {
    "CreateAgreement": ("createAgreementTo", lambda values: values[:1]),
    "SetPartyModules": ("setPartyModulesOf", lambda values: values[2:]),
    "DeleteParty": ("deletePartyOf", lambda values: values[2:]),
}
INTENTS = {
    "OCN Registry": [
        "SetNode",
        "SetParty",
        "SetPartyModules",
        "SetPartyWebsite",
        "MoveAccount",
        "SetController",
        "DeleteNode",
        "DeleteParty",
        "InvalidateNonce",
    ],
    "OCN Permissions": [
        "SetService",
        "CreateAgreement",
        "RevokeAgreement",
        "DeleteService",
        "InvalidateNonce",
    ],
}
IMPORTS = ["Nodes", "Parties", "Services", "Agreements"]
ADMIN = [
    "adminDeleteOperator",
    "adminDeleteParty",
    "adminReserveParty",
    "adminReserveNode",
]
OWNERSHIP = ["transferOwnership", "acceptOwnership", "closeImport", "renounceOwnership"]
KINDS = ["signed", "direct", "signed", "direct", "owners", "replay", "prune", "view", "garbage"]
BATCHES = ["multicall", "tryMulticall"]
VIEWS = {
    "OCN Registry": [Call("getParties"), Call("parties", (0, MAX)), Call("owner")],
    "OCN Permissions": [Call("providers", (0,)), Call("services", (0, MAX)), Call("registry")],
}
GARBAGE = [
    b"",
    b"\xac",
    b"\xff" * 4,
    selector("setNode(string)"),
    selector("setNode(string)") + b"\xff" * 64,
    selector("setNode(string)") + bytes(31) + b"\x20" + bytes(31) + b"\x02",
    selector("adminDeleteOperator(address)") + b"\xff" * 32,
    selector("setService(string,string,uint256[])") + bytes(31),
    selector("createAgreement(address)") + b"\1" + bytes(31),
]
