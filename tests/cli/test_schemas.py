"""The JSON output of every command matches its committed schema, and nothing else does."""

import copy
import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

# The rehearsal fills v1's contracts too, and other tests have timelocks and a relay; neither tools
# nor tests are packages, so they are put on the path.
if (_rehearsal := str(Path(__file__).resolve().parents[2] / "tools" / "rehearsal")) not in sys.path:
    sys.path.insert(0, _rehearsal)
if (_heirs := str(Path(__file__).resolve().parents[1] / "deployment")) not in sys.path:
    sys.path.insert(0, _heirs)
if (_relay := str(Path(__file__).resolve().parents[1] / "relay")) not in sys.path:
    sys.path.insert(0, _relay)

import heirs
import rehearsal_v1
from served_relay import serving

import ocn_registry
from ocn_registry import Permission, Role
from ocn_registry.cli.commands import commands
from ocn_registry.cli.commands.write import direct, raw
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.relay.config import Config
from ocn_registry.relay.database import open_database
from ocn_registry.relay.intake import digest_of_key
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.sender import RequestSender
from ocn_registry.relay.service import RelayService

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(ocn_registry.__file__).parent / "schemas"
SCHEMAS = [json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.schema.json"))]
(OUTPUT,) = [one for one in SCHEMAS if one["$id"] == "urn:ocn-registry:command-output"]
REGISTRY = Registry().with_resources(
    [(one["$id"], Resource.from_contents(one)) for one in SCHEMAS],
)
URL = "https://node.example.org"
# What the owner's log learns during an action.
LATER = {"transaction", "nonce", "blockNumber", "blockHash", "changes", "error"}
FORMS = {
    r"0x[0-9a-fA-F]{40}": "0x12",
    r"0x[0-9a-f]{64}": "0xZZ",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "yesterday",
}
FREE = {("says",), ("subject",), ("detail",)}  # sentences, and what strangers wrote
TRIED = {}
# Mutants of values that differ in a hash or a number only are the same mutants.
MUTATED = set()


def validator(path):
    name = path.replace(" ", "-")
    return jsonschema.Draft202012Validator(
        {"$ref": f"urn:ocn-registry:command-output#/$defs/{name}"}, registry=REGISTRY
    )


def prints(*paths):
    """Declare which commands a test runs; this is checked at its end."""

    def note(test):
        for path in paths:
            TRIED.setdefault(path, []).append(test.__name__)
        test.paths = set(paths)
        return test

    return note


@pytest.fixture
def printed(request, command, fresh):
    """Yield a function that runs a command with `--json` and validates its output."""
    seen = set()

    def run(path, *words, codes=(0,), by=command, each_line=False, **variables):
        finished = by(*path.split(), *words, "--json", **variables)
        assert finished.returncode in codes, (finished.stderr, finished.stdout)
        lines = finished.stdout.splitlines() if each_line else [finished.stdout]
        values = [json.loads(line) for line in lines]
        for value in values:
            check(path, value)
        seen.add(path)
        return values if each_line else values[0]

    yield run
    assert seen == request.function.paths


def check(path, value):
    """Validate a value with the schema of a command, and check that its mutants are rejected."""
    schema = validator(path)
    schema.validate(value)
    kind = (path, json.dumps(shape(value)))
    if kind in MUTATED:
        return
    for place, mutant in mutants(value):
        assert not schema.is_valid(mutant), (path, place, mutant)
    MUTATED.add(kind)


def shape(value):
    """Return what the mutants of a value depend on."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value[:2]]
    if isinstance(value, str):
        forms = [form for form in FORMS if re.fullmatch(form, value)]
        return forms or ("digits" if value.isdecimal() else value)
    return value if value is None or isinstance(value, bool) else type(value).__name__


def mutants(value, whole=None, place=()):
    """Yield copies of a value, each with one fault."""
    whole = value if whole is None else whole
    yield place, changed(whole, place, {"odd": 1})
    if isinstance(value, dict):
        yield place, changed(whole, place, value | {"unasked": 1})
        for key, part in value.items():
            if not may_be_absent(key, value):
                rest = {name: one for name, one in value.items() if name != key}
                yield (*place, key), changed(whole, place, rest)
            yield from mutants(part, whole, (*place, key))
    elif isinstance(value, list):
        for index, part in enumerate(value[:2]):
            yield from mutants(part, whole, (*place, index))
    elif isinstance(value, str):
        for form, odd in FORMS.items():
            if re.fullmatch(form, value) and place[-1:] not in FREE:
                yield place, changed(whole, place, odd)
        if place and str(place[-1]).endswith("Wei"):
            yield place, changed(whole, place, f"{value}.5")


def may_be_absent(key, value):
    """Return whether the schema may do without a key: not all are known from the start."""
    vouching = {"operator", "parties", "name"} if "ocn" in value or "chainId" in value else set()
    optional = {"v1Registry", "v1Permissions", "website", "otherParties", "EIP712Domain"}
    optional |= {"acceptance"} if "primaryType" in value else set()
    optional |= {"signature"} if value.get("primaryType", "").startswith("Accept") else set()
    return key in optional | vouching or ("begun" in value and key in LATER)


def changed(whole, place, part):
    if not place:
        return part
    copied = copy.deepcopy(whole)
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = part
    return copied


def test_the_schemas_are_valid_and_their_references_exist():
    for one in SCHEMAS:
        jsonschema.Draft202012Validator.check_schema(one)
    names = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(OUTPUT)))
    assert names <= set(OUTPUT["$defs"])


def test_every_command_has_a_schema_and_is_tried():
    paths = {command.path for command in commands()}
    defined = {name for name in OUTPUT["$defs"] if not name[0].isupper()}
    assert {path.replace(" ", "-") for path in paths} == defined
    assert paths == set(TRIED)


def test_schemas_are_strict():
    def objects_of(part):
        if isinstance(part, dict):
            yield from ([part] if "properties" in part else [])
            for inner in part.values():
                yield from objects_of(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from objects_of(inner)

    found = list(objects_of(OUTPUT["$defs"]))
    assert found
    assert all(one["additionalProperties"] is False for one in found)


LISTS = ("list-nodes", "list-parties", "list-services")


@prints("get-node", "get-party", "get-service", "get-agreements", *LISTS)
@pytest.mark.usefixtures("agreed")
def test_reads(printed, operator, cpo, provider, spender):
    for path in LISTS:
        assert printed(path)
    assert printed("get-node", operator.address)
    assert printed("get-party", "-a", cpo.address)
    assert printed("get-party", "-c", "DE", "SRV")
    assert printed("get-service", provider.address)
    assert printed("get-agreements", "-a", cpo.address)
    for path, *words in (
        ("get-node", spender.address),
        ("get-party", "-c", "XX", "XXX"),
        ("get-service", spender.address),
    ):
        assert printed(path, *words, codes=(3,)) is None


@prints("watch", "history")
def test_events(printed, client, agreed, cpo, emsp, operator, provider, devnet):
    client.revoke_agreement(provider.address, signer=cpo)
    client.delete_service(signer=provider)
    client.delete_party(signer=provider)
    client.delete_node(signer=operator)
    told = printed("watch", "--once", "--from", 0, each_line=True)
    kinds = {one["change"] for one in told}
    assert {"NodeSet", "NodeDeleted", "PartySet", "PartyDeleted", "ServiceSet"} <= kinds
    assert {"ServiceDeleted", "AgreementMade", "AgreementRevoked", "OwnershipTransferred"} <= kinds
    assert printed("history", "-a", provider.address)


@pytest.mark.parametrize("kind", ["", "-raw"])
@prints(*[each.path for each in commands() if each.run.__module__.endswith(".write")])
def test_writes(request, kind, client, printed, operator, cpo, emsp, spender, keys):
    new = client.limits.has_many_ids

    def write(name, signer, *words):
        given = [*words, "-s", keys[signer.address], "-x", keys[spender.address]]
        assert printed(name + kind, *given, "--dry-run")["status"] == "dry run"
        assert printed(name + kind, *given)["status"] == "done"
        if name.startswith("set-"):
            assert printed(name + kind, *given)["status"] == "unchanged"

    at = ("-o", operator.address)
    write("set-node", operator, URL)
    write("set-party", cpo, "-c", "DE", "CPO", "-r", "CPO", *at)
    write("set-party", emsp, "-c", "NL", "MSP", "-r", "EMSP", "OTHER", *at)
    write("set-party-modules", cpo, "--si", "locations", "--ri", "tokens", "cdrs")
    if new:
        write("set-website", cpo, "https://www.example.org", "-c", "DE", "CPO", "--yes")
    write("set-service", cpo, "--name", "Routes", "-p", "FORWARD_ALL")
    write("set-agreement", emsp, cpo.address)
    write("revoke-agreement", emsp, cpo.address)
    write("delete-service", cpo)
    write("delete-party", cpo)
    write("delete-node", operator)
    request.function.paths = {
        command.path for command in commands() if command.run is (raw if kind else direct)
    } - (set() if new else {f"set-website{kind}"})


def prepared():
    return [each.path for each in commands() if each.path.startswith("request prepare ")]


HANDLED = ("show", "sign", "verify", "submit")


@prints(*prepared(), *(f"request {name}" for name in HANDLED))
@pytest.mark.usefixtures("listed_service")
def test_requests(
    request, client, printed, operator, cpo, emsp, provider, spender, keys, devnet, tmp_path
):
    new = client.limits.has_many_ids
    request.function.paths = {*prepared(), *(f"request {name}" for name in HANDLED)}
    request.function.paths.remove("request prepare register")
    two = {"move-account", "set-controller", "accept-account", "accept-controller"}
    if not new:
        request.function.paths -= {f"request prepare {name}" for name in {"set-website", *two}}
    other = devnet.accounts[6].address
    client.create_agreement(provider.address, signer=emsp)  # to be revoked
    words = {
        "set-node": (operator, "https://new.example.org"),
        "delete-node": (operator,),
        "set-party": (cpo, "-c", "DE", "CPO", "-r", "CPO", "-o", operator.address),
        "set-party-modules": (cpo, "--si", "cdrs"),
        "delete-party": (emsp,),
        **({"set-website": (cpo, "https://www.example.org", "-c", "DE", "CPO")} if new else {}),
        "set-service": (provider, "-p", "FORWARD_ALL"),
        "delete-service": (provider,),
        "set-agreement": (cpo, provider.address),
        "revoke-agreement": (emsp, provider.address),
        **(dict.fromkeys(sorted(two), (cpo, other)) if new else {}),
    }
    for name, (signer, *more) in words.items():
        file = tmp_path / f"{name}.json"
        document = printed(f"request prepare {name}", *more, "-a", signer.address)
        file.write_text(json.dumps(document))
        printed("request show", file)
        for key in (signer.address, other)[
            : 2 if name in {"move-account", "set-controller"} else 1
        ]:
            signed = printed("request sign", file, "-s", keys[key], "--yes")
            file.write_text(json.dumps(signed))
        if not name.startswith("accept"):  # they take effect inside the others
            printed("request verify", file)
    given = (tmp_path / "set-party-modules.json", "-x", keys[spender.address], "--yes")
    assert printed("request submit", *given, "--dry-run")["status"] == "dry run"
    assert printed("request submit", *given)["status"] == "done"


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("request submit")
def test_a_request_without_effect(printed, client, listed_node, cpo, emsp, spender, keys, tmp_path):
    files = []
    for name, signer in (("one", cpo), ("other", emsp)):
        request = client.prepare(
            ocn_registry.SetParty(
                country_code="DE", party_id="ABC", roles=[Role.CPO], operator=listed_node.address
            ),
            signer.address,
        )
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(request.sign(signer).to_json())
    told = printed("request submit", *files, "-x", keys[spender.address], "--yes", codes=(4,))
    assert told["status"] == "without effect in part"


@pytest.fixture
def relay(deployment, spender, keys, cpo, tmp_path, monkeypatch):
    """Start a relay that pays for one party, and give its URL."""
    monkeypatch.setenv("THE_RELAYS_SPENDER", keys[spender.address])
    monkeypatch.setenv("THE_RELAYS_RECEIPTS", "0x" + "11" * 32)
    service = RelayService(
        Config(
            deployment=deployment,
            database=f"sqlite:{tmp_path / 'relay.sqlite'}",
            spender="env:THE_RELAYS_SPENDER",
            receipts="env:THE_RELAYS_RECEIPTS",
            policy=Policy(allowed=frozenset([cpo.address])),
        ),
    )
    sender = RequestSender(service)
    thread = threading.Thread(target=sender.run)
    thread.start()
    with serving(service) as url:
        yield url
    sender.stop()
    thread.join()
    service.close()


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("register", "request submit", "request status", "request sponsor")
def test_what_a_relay_pays_for(printed, relay, client, listed_node, cpo, keys, tmp_path):
    key = keys[cpo.address]
    words = ("-c", "DE", "ABC", "-r", "CPO", "-o", listed_node.address, "--relay", relay)
    told = printed("register", *words, "-s", key, "--yes")
    assert told["party"]["partyId"] == "ABC"
    signed = client.sign(ocn_registry.SetPartyModules(sender=[], receiver=[]), cpo)
    (tmp_path / "signed.json").write_text(signed.to_json())
    told = printed("request submit", tmp_path / "signed.json", "--relay", relay, "--yes")
    assert printed("request status", told["requests"][0]["id"], "--relay", relay)
    voucher = printed(
        "request sponsor", "-a", cpo.address, "-s", keys[listed_node.address], "--yes"
    )
    assert voucher["account"] == cpo.address


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("register", "request withdraw")
def test_what_an_api_key_of_a_relay_lets_one_do(
    printed, relay, client, listed_node, emsp, keys, tmp_path, monkeypatch
):
    database = open_database(f"sqlite:{tmp_path / 'relay.sqlite'}")
    with database.transaction() as transaction:
        transaction.run(
            "INSERT INTO api_key (name, digest, requests_per_day, revoked) VALUES (?, ?, 9, 0)",
            "shop",
            digest_of_key("a-key"),
        )
    database.close()
    key = tmp_path / "relay.key"
    key.touch(mode=0o600)
    key.write_text("a-key\n")
    words = ("-c", "DE", "EMS", "-r", "EMSP", "-o", listed_node.address, "--relay", relay)
    signer = ("-s", keys[emsp.address])
    told = printed("register", *words, *signer, "--relay-key", key, "--yes")
    assert told["requests"][0]["sponsor"] == "key:shop"
    monkeypatch.setattr(RequestSender, "send", lambda _: False)
    for proof in (("--relay-key", key), signer):
        signed = client.sign(ocn_registry.SetPartyModules(sender=[], receiver=[]), emsp)
        with ocn_registry.RelayClient(relay, key="a-key") as relay_client:
            waiting = relay_client.submit(signed)
        told = printed("request withdraw", waiting.id, "--relay", relay, *proof, "--yes")
        assert told["status"] == "withdrawn"


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("register", "request prepare register", "identity controller", "identity rotate", "leave")
@pytest.mark.usefixtures("listed_service")
def test_an_accounts_life(printed, devnet, operator, cpo, provider, spender, keys):
    party = ("-c", "DE", "XYZ", "-r", "CPO", "-o", operator.address)
    assert printed("request prepare register", *party, "-a", cpo.address)
    pays = ("-x", keys[spender.address], "--yes")
    new, cold = (devnet.accounts[place] for place in (6, 7))
    for path, *words in (
        ("register", *party, "-s", keys[cpo.address]),
        ("identity controller", cold.private_key, "-s", keys[provider.address]),
        (
            *("identity rotate", "--to", new.private_key),
            *("-a", provider.address, "--controller", cold.private_key),
        ),
        ("leave", "-a", new.address, "--controller", cold.private_key),
    ):
        assert printed(path, *words, *pays, "--dry-run")["status"] == "dry run"
        assert printed(path, *words, *pays)["status"] == "done"
        if path != "identity rotate":
            assert printed(path, *words, *pays)["status"] == "unchanged"


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("get-party")
def test_a_party_of_several_ids(printed, client, listed_node, cpo):
    for party_id in ("ABC", "DEF"):
        client.set_party("DE", party_id, [Role.CPO], listed_node.address, signer=cpo)
    assert len(printed("get-party", "-a", cpo.address)["otherParties"]) == 1


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("request cancel")
def test_cancelled_requests(printed, client, cpo, keys):
    printed("request cancel", "-s", keys[cpo.address], "--yes", "--dry-run")
    assert printed("request cancel", "-s", keys[cpo.address], "--yes")["status"] == "done"


@prints("vouch make", "vouch check")
@pytest.mark.usefixtures("listed_service")
def test_vouching(printed, operator):
    made = printed("vouch make", "--operator", operator.address, "--name", "Example")
    assert made["registries"][0]["operator"] == operator.address
    told = printed("vouch check", operator.address, codes=(1,))
    assert not told["vouched"]
    assert told["reason"]


@prints(
    "identity new",
    "identity show",
    "info",
    "doctor",
    "tx status",
    "tx list",
    "settings",
    "completion",
)
@pytest.mark.usefixtures("listed_service")
def test_the_way_to_the_registry(printed, client, operator, provider, spender, keys, tmp_path):
    (tmp_path / "words").write_text("a long passphrase")
    (tmp_path / "words").chmod(0o600)
    file = tmp_path / "key.json"
    made = printed("identity new", file, "--passphrase-file", tmp_path / "words")
    shown = printed(
        "identity show", "-s", f"keystore:{file}", "--passphrase-file", tmp_path / "words"
    )
    assert shown["address"] == made["address"]
    for who in (provider, operator, spender):
        printed("info", "-a", who.address)
    printed("doctor", codes=(0, 1))
    printed("doctor", "-a", operator.address, codes=(0, 1))
    outcome = client.set_service([Permission.FORWARD_ALL], signer=provider)
    assert printed("tx status", outcome.tx_hash)["changes"]
    assert printed("tx status", "0x" + "12" * 32, codes=(6,)) is None
    assert printed("tx list") == []
    printed("settings", SIGNER=keys[provider.address])
    assert isinstance(printed("settings", "path"), str)
    assert "ocn-registry" in printed("completion")


@prints("tx list", "tx speed-up", "tx cancel")
def test_a_transaction_that_is_stuck(printed, command, fresh, operator, keys):
    key = ("-s", keys[operator.address], "--yes")
    for name in ("tx speed-up", "tx cancel"):
        fresh.request("evm_setAutomine", False)
        try:
            stuck = command("set-node", f"{URL}/{name[-1]}", *key, "--timeout", "1")
            assert stuck.returncode == 6
            (waiting,) = printed("tx list")
            assert printed(name, waiting["hash"], *key, "--dry-run")["status"] == "dry run"
            fresh.request("evm_setIntervalMining", 1)
            assert printed(name, waiting["hash"], *key)["status"] in {"done", "cancelled"}
        finally:
            fresh.request("evm_setIntervalMining", 0)
            fresh.request("evm_setAutomine", True)


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("verify", "owner show")
def test_contents_of_an_address(printed, client):
    assert printed("verify")["verified"]
    assert not printed("verify", "--owner", client.deployment.registry, codes=(1,))["verified"]
    printed("owner show")


OWNERS = (
    *("delete-node", "delete-party", "reassign", "reserve"),
    *("hand-over", "accept", "schedule", "execute"),
)


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints(*[f"owner {name}" for name in OWNERS], "owner safe-file", "owner log", "owner show")
def test_actions_of_the_owner(
    printed, client, listed_parties, operator, cpo, emsp, spender, keys, devnet, tmp_path
):
    owner = devnet.accounts[0].address
    log = ("--log", tmp_path / "log" / "owner.jsonl")
    claim = ocn_registry.SetParty(
        country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address
    )
    signed = client.prepare(claim, spender.address).sign(spender)
    (tmp_path / "claim.json").write_text(signed.to_json())

    def act(name, *words, by=owner):
        given = [*words, "-s", keys[by], *log, "--yes"]
        assert printed(f"owner {name}", *given, "--dry-run")["status"] == "dry run"
        assert printed(f"owner {name}", *given)["status"] == "done"

    why = ("--reason", "it was taken by a stranger")
    act("reassign", tmp_path / "claim.json", *why)
    act("delete-party", "-c", "NL", "123", *why)
    act("delete-node", operator.address, *why)
    reserved = ("reserve", cpo.address, "-c", "DE", "SRV", *why)
    act(*reserved)
    again = printed(f"owner {reserved[0]}", *reserved[1:], "-s", keys[owner], *log, "--yes")
    assert again["status"] == "unchanged"
    act("reserve", "none", "-c", "DE", "SRV", *why)
    act("reserve", cpo.address, "--url", URL, *why)
    act("hand-over", client.deployment.permissions)  # has code, as a Safe has
    assert printed("owner safe-file")["transactions"]
    act("hand-over", cpo.address, "--without-code")
    act("accept", by=cpo.address)
    late = heirs.timelock(devnet, emsp.address)
    act("hand-over", late, by=cpo.address)
    act("schedule", late, by=emsp.address)
    heirs.pass_time(devnet, heirs.DELAY_S)
    act("execute", late, by=spender.address)
    printed("owner show")
    assert len(printed("owner log", *log)) == 12


@pytest.fixture(scope="module")
def moving():
    with Devnet(with_v1=True, import_open=True) as devnet:
        filling = rehearsal_v1.Filling(devnet.rpc_url, devnet.v1_deployment())
        filling.awkward()
        filling.close()
        yield devnet


MOVES = ("snapshot", "plan", "import", "compare", "close")


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints(*[f"migrate {name}" for name in MOVES])
def test_a_migration(printed, anywhere, moving):
    def step(name, *words, network="local", **more):
        where = ("-n", network, "--rpc-url", moving.rpc_url)
        return printed(f"migrate {name}", *words, *where, by=anywhere, **more)

    owner = ("-s", moving.accounts[0].private_key, "--yes")
    step("snapshot", "-o", "registry.json", network="local-v1")
    assert step("plan", "registry.json")["leftOut"]
    assert step("import", "registry.json", *owner, "--dry-run")["status"] == "dry run"
    assert step("compare", "registry.json", codes=(1,))
    assert step("import", "registry.json", *owner)["transactions"]
    assert step("compare", "registry.json") == []
    assert step("close", "registry.json", *owner)["transactions"]


def interrupted(*words):
    """Run a command that serves until somebody stops it, and stop it once it has printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as running:
        told = ""
        while not told.endswith("\n}\n"):
            line = running.stdout.readline()
            assert line, running.stderr.read()
            told += line
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=240)
    return subprocess.CompletedProcess(words, running.returncode, told, said)


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@prints("devnet")
def test_a_development_chain(printed):
    printed("devnet", "--port", "0", by=interrupted)
    assert "v1Registry" in printed("devnet", "--port", "0", "--with-v1", "--sample", by=interrupted)


@prints("explore")
def test_a_page(printed, network_file):
    here = ("--no-browser", "--network-file", network_file)
    assert printed("explore", *here, by=interrupted)["url"].startswith("http://127.0.0.1:")
