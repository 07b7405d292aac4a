"""The page's files, without a browser: texts, sizes, and its tables of the contracts."""

import gzip
import json
import re

import pytest
from pages_in_node import run_in_node

from ocn_registry import KeySigner, intents
from ocn_registry.dialects import dialect_of
from ocn_registry.explorer.files import PAGE, PageFiles
from ocn_registry.intents import Acceptance
from ocn_registry.models import Contract, Module, Permission, Role, named
from ocn_registry.networks import built_in

SCRIPTS = sorted((PAGE / "js").rglob("*.js"))
TEXTS = {path.stem: json.loads(path.read_text()) for path in (PAGE / "texts").glob("*.json")}
OPERATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER = KeySigner.from_key("0x" + "22" * 32)
ID = {"country_code": "DE", "party_id": "A1B"}
INTENTS = [
    intents.SetNode(domain="https://node.example.org:8080/ocn"),
    intents.DeleteNode(),
    intents.SetParty(**ID, roles=[Role.CPO, Role.SCSP], operator=OPERATOR),
    intents.SetPartyModules(**ID, sender=[], receiver=[Module.CDRS, Module.BOOKINGS]),
    intents.SetPartyWebsite(**ID, website="https://www.example.org"),
    intents.SetPartyWebsite(**ID, website=""),
    intents.DeleteParty(**ID),
    intents.MoveAccount(new_account=OTHER.address),
    intents.SetController(controller=OTHER.address),
    intents.SetService(
        name="Längere Namen brauchen mehr als ein Wort: 充電サービス",
        url="",
        permissions=[Permission.FORWARD_ALL],
    ),
    intents.DeleteService(),
    intents.CreateAgreement(
        provider=OPERATOR,
        permissions=[Permission.FORWARD_ALL, Permission.FORWARD_MODULE_CDRS_SENDER],
    ),
    intents.RevokeAgreement(provider=OPERATOR),
    intents.InvalidateNonce(contract=Contract.PERMISSIONS, new_nonce=1 << 40),
]


@pytest.fixture(scope="module")
def ask():
    """Run a function of the page in Node.js."""
    return run_in_node


@pytest.fixture(scope="module")
def dialect():
    return dialect_of(built_in("local"))


@pytest.fixture(scope="module")
def documents(dialect):
    """Sign each intent as the package does; moves and controllers are accepted."""
    signer = KeySigner.from_key("0x" + "11" * 32)
    found = []
    for intent in INTENTS:
        request = dialect.request(
            intent, signer.address, nonce=(1 << 32) + 7, deadline_unix_s=2_000_000_000
        )
        if request.acceptance is not None:
            request = request.accept(OTHER)
        found.append((intent, request.sign(signer, now_unix_s=1_999_999_999)))
    return found


def test_texts_are_the_same_in_all_languages():
    assert TEXTS.keys() == {"en", "de"}
    assert list(TEXTS["en"]) == list(TEXTS["de"])
    holes = {
        language: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in words.items()}
        for language, words in TEXTS.items()
    }
    one = [key for key in holes["en"] if key.endswith(".one")]  # "One party", "Eine Partei"
    assert {key: value for key, value in holes["en"].items() if key not in one} == {
        key: value for key, value in holes["de"].items() if key not in one
    }


def test_every_text_exists_and_is_used():
    source = "\n".join(path.read_text() for path in SCRIPTS)
    quoted = set(re.findall(r'"([\w-]+(?:\.[\w-]+)*)"', source))
    templates = re.findall(r"`([\w-]+\.[^`]*\$\{[^`]*)`", source)
    patterns = {
        r"[\w.-]+".join(map(re.escape, re.split(r"\$\{[^}]*\}", text))) for text in templates
    }
    keys = set(TEXTS["en"])
    plural = {key.removesuffix(".one") for key in keys if key.endswith(".one")}
    base = plural | {
        key for key in keys if key.removesuffix(".one").removesuffix(".other") not in plural
    }
    named_now = set(re.findall(r'\b(?:t|parts)\(\s*"([\w.-]+)"', source))
    assert named_now <= base
    left = [
        key
        for key in base
        if key not in quoted
        and not any(re.fullmatch(pattern, key) for pattern in patterns)
        and not key.endswith((".none", ".brief"))
    ]
    assert left == []


def test_names_of_the_contracts_are_those_of_the_package(ask):
    assert ask("requests.js", "page.ROLES") == [role.name for role in named(Role)]
    assert ask("requests.js", "page.MODULES") == [module.name.lower() for module in named(Module)]
    assert ask("requests.js", "page.PERMISSIONS") == [permission.name for permission in Permission]


def test_page_and_package_sign_the_same(ask, documents, dialect):
    network = {
        "chainId": dialect.chain_id,
        "registry": dialect.address_of(Contract.REGISTRY),
        "permissions": dialect.address_of(Contract.PERMISSIONS),
    }
    given = [signed.document() for _, signed in documents]
    assert ask(
        "requests.js", f"given.map((one) => page.fault(one, {json.dumps(network)}))", given
    ) == [None] * len(given)
    terms = (
        "{ nonce: one.message.nonce, deadline: one.message.deadline, "
        "contract: one.domain.name === 'OCN Permissions' ? 'permissions' : 'registry' }"
    )
    made = ask(
        "requests.js",
        f"given.map((one) => page.typedData({json.dumps(network)}, "
        f"one.primaryType, one.message, {terms}))",
        given,
    )
    wanted = [
        {key: one[key] for key in ("domain", "types", "primaryType", "message")} for one in given
    ]
    assert made == wanted


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"primaryType": "Permit"}, "file.odd"),
        ({"domain.chainId": "1"}, "file.chain"),
        ({"domain.verifyingContract": OPERATOR}, "file.contract"),
        ({"domain.name": "OCN Permissions"}, "file.contract"),
        ({"message.more": "1"}, "file.types"),
    ],
)
def test_a_document_for_something_else_is_distinguished(ask, documents, dialect, change, why):
    network = {
        "chainId": dialect.chain_id,
        "registry": dialect.address_of(Contract.REGISTRY),
        "permissions": dialect.address_of(Contract.PERMISSIONS),
    }
    document = json.loads(json.dumps(documents[0][1].document()))
    for path, value in change.items():
        *above, last = path.split(".")
        place = document
        for part in above:
            place = place[part]
        place[last] = value
    assert ask("requests.js", f"page.fault(given, {json.dumps(network)})", document) == why


def test_page_and_package_send_the_same_transactions(ask, documents, dialect):
    given = [signed.document() for _, signed in documents]
    raw = ask("calls.js", "given.map(page.raw)", given)
    direct = ask("calls.js", "given.map(page.direct)", given)
    for (intent, signed), ours, own in zip(documents, raw, direct, strict=True):
        wanted = dialect.write((signed,), each_alone=False)
        assert ours == {"to": wanted.to, "data": "0x" + wanted.data.hex()}
        accepted = signed.acceptance
        whole = intent
        if accepted is not None:
            assert isinstance(accepted, Acceptance)
            whole = type(intent)(
                **{
                    name: getattr(intent, name) for name in intent.__slots__ if name != "acceptance"
                },
                acceptance=accepted,
            )
        wanted = dialect.write((whole,), each_alone=False)
        assert own == {"to": wanted.to, "data": "0x" + wanted.data.hex()}


def test_signatures_get_the_form_that_contracts_accept(ask):
    for odd in (0, 1):
        r, s = "a1" * 32, "1f" * 32
        wanted = f"0x{r}{s}{27 + odd:x}"
        packed = f"0x{r}{odd << 7 | 0x1F:02x}{s[2:]}"
        chains = [f"0x{r}{s}{chain * 2 + 35 + odd:06x}" for chain in (246, 73799)]
        forms = [wanted, f"0x{r}{s}0{odd}", packed, *chains]
        assert ask("requests.js", "given.map(page.canonical)", forms) == [wanted] * len(forms)
    others = ["0x", "0x" + "12" * 32, "0x" + "12" * 64 + "1f", "0x" + "12" * 200]
    assert ask("requests.js", "given.map(page.canonical)", others) == others


def test_first_view_is_small():
    """Code that only forms need is loaded when one is opened."""
    first = [
        path
        for path in PAGE.rglob("*.*")
        if "do" not in path.relative_to(PAGE).parts and path.name != "de.json"
    ]
    size = sum(len(gzip.compress(path.read_bytes())) for path in first)
    assert size < 100_000


def test_page_has_no_inline_code_and_no_foreign_address():
    page = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\bsrc=)", page)
    for path in [*SCRIPTS, PAGE / "index.html", PAGE / "style.css"]:
        hosts = set(re.findall(r"https?://([\w.-]+)", path.read_text())) - {
            "www.w3.org",
            "127.0.0.1",
            "localhost",
        }
        assert not hosts, path
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function",
            path.read_text(),
        ), path


def test_files_are_packed_tagged_and_guarded():
    files = PageFiles(api="./", relay=False)
    plain = files.answer("", {})
    packed = files.answer("index.html", {"accept-encoding": "gzip, br"})
    assert gzip.decompress(packed.body) == plain.body
    assert "require-trusted-types-for 'script'" in plain.headers["Content-Security-Policy"]
    assert files.answer("index.html", {"if-none-match": plain.headers["ETag"]}).status == 304
    assert files.answer("../files.py", {}) is None
    assert json.loads(files.answer("settings.json", {}).body) == {
        "api": "./",
        "relay": False,
        "rpcUrls": [],
    }
