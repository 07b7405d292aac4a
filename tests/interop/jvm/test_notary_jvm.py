"""Our signatures are verified by the libraries of the public Kotlin nodes, and vice versa.

`src/` reads, writes and verifies as those nodes do, on Jackson, JsonPath and web3j. A node reads a
body into maps (PATCH requests, the data of responses, what came over another node) or into classes
of its own, with 32-bit floats.
"""

import copy
import json
import random
import subprocess
from itertools import product
from pathlib import Path

import pytest

from ocn_registry.notary import (
    MessageSignature,
    ModifiedMessage,
    OcpiMessage,
    UnsignableMessage,
    obstacles,
)
from ocn_registry.notary.node_classes import CLASSES, FLOAT_FIELDS
from ocn_registry.notary.numbers import float_text, jvm_text
from ocn_registry.signing import KeySigner

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
VECTORS = ROOT / "tests" / "vectors"
JAVASCRIPT_TIMEOUT_S = 120
TO_PARTY = "$['headers']['ocpi-to-party-id']"
RESPONSE_URL = "$['body']['response_url']"
# Larger than any measured value or price.
MOST = 5_000_000


def key(number):
    return f"0x{number:064x}"


PARTY, NODE = (KeySigner.from_key(key(number)) for number in (1, 2))
OBJECTS = json.loads((VECTORS / "ocpi-objects.json").read_text())
OLD = json.loads((VECTORS / "ocpi-objects-2.1.1.json").read_text())
IDS = [f"{example['version']} {example['name']}" for example in OBJECTS]
HEADERS = {
    "x-correlation-id": "c-1",
    "ocpi-from-country-code": "DE",
    "ocpi-from-party-id": "LWS",
    "ocpi-to-country-code": "NL",
    "ocpi-to-party-id": "EMS",
}


class Jvm:
    """The harness, in one process: jobs go in and answers come out, a line each."""

    def __init__(self):
        classes = f"{HERE / 'target' / 'classes'}:{HERE / 'target' / 'dependency' / '*'}"
        self._process = subprocess.Popen(
            ["java", "-cp", classes, "harness.Main"],  # noqa: S607 - the machine's
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, job):
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer["value"]

    def refusal(self, body_text, header, model=None, headers=HEADERS):
        """Return why a node refuses a message; `None` if it accepts it."""
        job = {"do": "verify", "header": header, "headers": headers, "body": body_text}
        return self(job | {"model": model})

    def accepts(self, body_text, header, model):
        """Return whether a node can read a message into a class, and verifies it."""
        job = {"do": "verify", "header": header, "headers": HEADERS, "body": body_text}
        self._process.stdin.write(json.dumps(job | {"model": model}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return "error" not in answer and answer["value"] is None

    def close(self):
        self._process.stdin.close()
        self._process.wait(JAVASCRIPT_TIMEOUT_S)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def jvm(maven):
    maven(HERE)
    started = Jvm()
    yield started
    started.close()


PROGRAM = """
const Notary = require("@shareandcharge/ocn-notary").default;
(async () => {
  let input = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
  const verdicts = [];
  for (const [headers, body, header] of JSON.parse(input)) {
    const notary = await Notary.deserialize(header);
    const verdict = notary.verify({ headers, body: JSON.parse(body) });
    verdicts.push(verdict.isValid);
  }
  process.stdout.write(JSON.stringify(verdicts));
})();
"""


def javascript_accepts(cases):
    done = subprocess.run(
        ["node", "-e", PROGRAM],  # noqa: S607 - the machine's, or the one of .venv
        input=json.dumps([[HEADERS, *case] for case in cases]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=JAVASCRIPT_TIMEOUT_S,
        check=True,
    )
    return json.loads(done.stdout)


def message_of(body):
    return OcpiMessage(headers=HEADERS, body=body)


def signed(body, **options):
    """Return a message, its body as it is sent, and its header."""
    message = message_of(body)
    signature = MessageSignature.sign(message, PARTY, **options)
    return message, signature.body_text(message), signature.to_header()


def with_numbers(body, replace):
    """Return a body with other numbers in the fields that nodes hold as floats."""
    if isinstance(body, dict):
        return {
            name: replace(value)
            if name in FLOAT_FIELDS and isinstance(value, (int, float))
            else with_numbers(value, replace)
            for name, value in body.items()
        }
    return [with_numbers(item, replace) for item in body] if isinstance(body, list) else body


# --- numbers --------------------------------------------------------------------------------------


def some_numbers():
    rng = random.Random("numbers")  # noqa: S311 - reproducible, no secret
    numbers = [round(rng.uniform(-1000, 1000), rng.randrange(6)) for _ in range(5000)]
    numbers += [rng.uniform(1, 10) * 10.0 ** rng.randrange(-12, 17) for _ in range(5000)]
    numbers += [rng.randrange(-(10**12), 10**12) for _ in range(2000)]
    return numbers


@pytest.mark.parametrize(("kind", "text"), [("any", jvm_text), ("float", float_text)])
def test_numbers_have_the_texts_of_the_jvm(jvm, kind, text):
    numbers = some_numbers()
    theirs = jvm({"do": "texts", "type": kind, "literals": [repr(number) for number in numbers]})
    assert theirs == [text(number) for number in numbers]


def test_known_numbers_have_the_known_texts():
    known = json.loads((VECTORS / "jvm" / "number-texts.json").read_text())["texts"]
    for case in known:
        number = json.loads(case["json"])
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            assert jvm_text(number) == case["untyped"]
            assert float_text(number) == case["float32"]


# --- every kind of object -------------------------------------------------------------------------


def test_every_kind_of_object_is_verified_by_javascript():
    cases = [signed(example["body"])[1:] for example in OBJECTS]
    assert javascript_accepts(cases) == [True] * len(OBJECTS)


def test_every_kind_of_object_of_ocpi_2_1_1_is_verified_everywhere_as_maps(jvm):
    """The nodes have no classes for them."""
    for texts in ("javascript", "jvm"):
        for example in OLD:
            _, sent, header = signed(example["body"], number_texts=texts)
            assert jvm.refusal(sent, header) is None, example["name"]
            relayed = jvm({"do": "relay", "headers": HEADERS, "body": sent})
            received = message_of(json.loads(relayed))
            MessageSignature.from_header(header).verify(received, require_all_fields=True)
    for example in OLD:
        job = {"do": "sign", "headers": HEADERS, "body": json.dumps(example["body"])}
        theirs = jvm(job | {"key": key(1)})
        verified = MessageSignature.from_header(theirs["header"]).verify(
            message_of(json.loads(theirs["body"])), require_all_fields=True
        )
        assert verified.signatories == (PARTY.address,), example["name"]
    cases = [signed(example["body"])[1:] for example in OLD]
    assert javascript_accepts(cases) == [True] * len(OLD)


@pytest.mark.parametrize("example", OBJECTS, ids=IDS)
def test_messages_without_obstacles_are_verified_by_the_jvm(jvm, example):
    """Fields that a node's class lacks are named beforehand."""
    message, sent, header = signed(example["body"])
    assert jvm.refusal(sent, header) is None
    found = obstacles(message)
    if example["model"]:
        assert (jvm.refusal(sent, header, example["model"]) is None) == (not found), found
    if found:
        assert all("no such field" in obstacle.reason for obstacle in found)
        with pytest.raises(UnsignableMessage, match="not every verifier") as refused:
            MessageSignature.sign(message, PARTY, strict=True)
        assert found[0].field in str(refused.value)
    else:
        assert MessageSignature.sign(message, PARTY, strict=True).to_header() == header


@pytest.mark.parametrize("example", OBJECTS, ids=IDS)
def test_whole_numbers_are_verified_by_the_jvm_when_signed_in_its_text(jvm, example):
    body = with_numbers(example["body"], round)
    message, sent, header = signed(body, number_texts="jvm")
    assert jvm.refusal(sent, header) is None
    assert MessageSignature.from_header(header).verify(message).layers[0].number_texts in (
        "javascript",
        "jvm",
    )
    if example["model"] and not obstacles(message_of(example["body"])):
        assert not obstacles(message, number_texts="jvm")
        assert jvm.refusal(sent, header, example["model"]) is None


@pytest.mark.parametrize("example", OBJECTS, ids=IDS)
def test_messages_signed_by_the_jvm_are_verified_here(jvm, example):
    for model in {None, example["model"]}:
        job = {"do": "sign", "headers": HEADERS, "body": json.dumps(example["body"])}
        sent = jvm(job | {"model": model, "key": key(1)})
        message = message_of(json.loads(sent["body"]))
        verified = MessageSignature.from_header(sent["header"]).verify(
            message, require_all_fields=True
        )
        assert verified.signatories == (PARTY.address,)


@pytest.mark.parametrize("texts", ["javascript", "jvm"])
def test_obstacles_are_named_where_and_only_where_a_verifier_refuses(jvm, texts):
    rng = random.Random(texts)  # noqa: S311 - reproducible, no secret
    choices = (
        lambda: rng.randrange(100),
        lambda: float(rng.randrange(100)),
        lambda: round(rng.uniform(0, 100), rng.randrange(1, 5)),
        lambda: rng.uniform(0, 100),
        lambda: round(rng.uniform(0, MOST), 1),
        lambda: 0.0004,
        lambda: -0.0,
    )
    typed = [example for example in OBJECTS if example["model"] in CLASSES]
    cases, expected = [], []
    for example, choice, _ in product(typed, choices, range(2)):
        body = with_numbers(example["body"], lambda _, choice=choice: choice())
        message, sent, header = signed(body, number_texts=texts)
        verdicts = {jvm.refusal(sent, header, model) is None for model in (None, example["model"])}
        found = obstacles(message, number_texts=texts)
        lost = [obstacle for obstacle in found if "32-bit" in obstacle.reason]
        cases.append((sent, header))
        expected.append(not [o for o in found if "no such field" not in o.reason])
        if texts == "jvm" and lost == list(found):  # rounded, and both verify what is sent
            assert verdicts == {True}
        else:
            assert verdicts == {True} if not found else False in verdicts, (found, body)
    if texts == "javascript":
        for accepted, clear in zip(javascript_accepts(cases), expected, strict=True):
            assert accepted or not clear


ODD = [
    ("connector", {"max_voltage": 230.5}),
    ("connector", {"max_electric_power": 2**31}),
    ("connector", {"max_voltage": 2**31 - 1}),
    ("connector", {"max_amperage": 32.0}),
    ("connector", {"standard": "SAE_J3400"}),
    ("evse", {"status": "available"}),
    ("evse", {"capabilities": ["RESERVABLE", "NEW"]}),
    ("session", {"status": "PAUSED"}),
    ("token, rfid", {"type": "EMAID"}),
    ("cdr", {"auth_method": "DIRECT_PAYMENT"}),
    ("hub client info", {"role": "PTP"}),
    ("session", {"kwh": 4}),
    ("session", {"kwh": "4"}),
    ("session", {"kwh": "0.5"}),
    ("session", {"kwh": "much"}),
    ("session", {"kwh": True}),
    ("session", {"currency": 978}),
    ("session", {"charging_periods": {}}),
    ("session", {"charging_periods": "none"}),
    ("session", {"total_cost": 4.5}),
    ("session", {"total_cost": []}),
    ("session", {"meter_id": ["1"]}),
    ("session", {"meter_id": {"id": "1"}}),
    ("session", {"meter_id": True}),
    ("session", {"auth_method": ["COMMAND"]}),
    ("connector", {"max_voltage": "230"}),
    ("connector", {"max_voltage": "0230"}),
    ("connector", {"max_voltage": "+230"}),
    ("connector", {"tariff_ids": "1"}),
    ("token, rfid", {"valid": "true"}),
    ("token, rfid", {"valid": "True"}),
    ("token, rfid", {"valid": 1}),
    ("location", {"publish": "yes"}),
    ("location", {"opening_times": "24/7"}),
    ("location references", {"evse_uids": "DE-LWS-0815"}),
    ("location references", {"evses": ["DE-LWS-0815"]}),
    ("location references", {"connector_ids": ["1", 2]}),
    ("command result", {"result": "NEW"}),
    ("command result", {"message": [{"language": "en", "text": "Plug in"}]}),
    ("command result", {"message": "Plug in"}),
    ("command result", {"code": 4}),
    ("active charging profile result", {"result": "TIMEOUT"}),
    ("active charging profile result", {"profile": []}),
    ("active charging profile result", {"timeout": 30}),
    ("stop session", {"session_id": 5}),
]


@pytest.mark.parametrize(("name", "change"), ODD, ids=[f"{name} {change}" for name, change in ODD])
def test_values_that_a_class_can_not_hold_are_named_and_verified_as_maps(jvm, name, change):
    example = next(example for example in OBJECTS if example["name"] == name)
    message, sent, header = signed(example["body"] | change)
    accepted = jvm.accepts(sent, header, example["model"])
    assert accepted == (not obstacles(message)), obstacles(message)
    assert jvm.refusal(sent, header) is None
    assert obstacles(message, method="PATCH") == ()


def without(body, *path):
    body = copy.deepcopy(body)
    place = body
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return body


LEFT_OUT = [
    ("session", ("currency",)),
    ("session", ("meter_id",)),
    ("session", ("cdr_token", "contract_id")),
    ("session", ("cdr_token", "country_code")),
    ("session", ("charging_periods", 0, "dimensions")),
    ("cdr", ("cdr_location", "postal_code")),
    ("cdr", ("signed_data", "url")),
    ("cdr", ("total_cost", "incl_vat")),
    ("location", ("time_zone",)),
    ("tariff", ("elements", 0, "price_components")),
    ("command result", ("message",)),
    ("command result", ("message", "language")),
    ("active charging profile result", ("profile",)),
    ("active charging profile result", ("profile", "charging_profile", "charging_rate_unit")),
    ("location references", ("evse_uids",)),
]


@pytest.mark.parametrize(
    ("name", "path"),
    LEFT_OUT,
    ids=[f"{one} without {'.'.join(map(str, path))}" for one, path in LEFT_OUT],
)
def test_missing_required_field_of_a_class_is_named(jvm, name, path):
    example = next(example for example in OBJECTS if example["name"] == name)
    message, sent, header = signed(without(example["body"], *path))
    accepted = jvm.accepts(sent, header, example["model"])
    assert accepted == (not obstacles(message)), obstacles(message)


def test_a_lone_result_belongs_to_the_class_with_its_value(jvm):
    for result, model in (
        ("ACCEPTED", "CommandResult"),
        ("ACCEPTED", "GenericChargingProfileResult"),
        ("UNKNOWN", "GenericChargingProfileResult"),
        ("TIMEOUT", "CommandResult"),
    ):
        message, sent, header = signed({"result": result})
        assert obstacles(message) == ()
        assert jvm.accepts(sent, header, model)
    assert len(obstacles(message_of({"result": "NEW"}))) == 1


# --- over nodes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", ["javascript", "jvm"])
def test_a_body_rewritten_by_a_node_is_verified_by_the_next_and_here(jvm, texts):
    for example in OBJECTS:
        message, sent, header = signed(example["body"], number_texts=texts)
        if example["model"] and obstacles(message, number_texts=texts):
            continue
        job = {"do": "relay", "headers": HEADERS, "body": sent, "model": example["model"]}
        relayed = jvm(job)
        assert jvm.refusal(relayed, header) is None, example["name"]
        received = message_of(json.loads(relayed))
        MessageSignature.from_header(header).verify(received)


REWRITTEN = [example for example in OBJECTS + OLD if "response_url" in example["body"]]


@pytest.mark.parametrize("texts", ["javascript", "jvm"])
def test_rewrites_made_here_are_verified_by_the_jvm(jvm, texts):
    for example in REWRITTEN + [e for e in OBJECTS if e["name"] in ("tariff", "cdr", "session")]:
        body = with_numbers(example["body"], round) if texts == "jvm" else example["body"]
        message, sent, header = signed(body, number_texts=texts)
        changes = {TO_PARTY: "SVC"}
        if "response_url" in body:
            changes[RESPONSE_URL] = "https://node.example/proxy/1"
        received = message_of(json.loads(sent))
        changed, signature = MessageSignature.from_header(header).rewrite(received, changes, NODE)
        for model in {None, example["model"]}:
            if model and obstacles(message, number_texts=texts):
                continue
            refusal = jvm.refusal(
                signature.body_text(changed), signature.to_header(), model, dict(changed.headers)
            )
            assert refusal is None, (example["name"], model)


def test_rewrites_made_by_the_jvm_are_verified_here(jvm):
    for example in REWRITTEN:
        for model in (None, example["model"]):
            message, sent, header = signed(example["body"])
            if model and obstacles(message):
                continue
            changes = {RESPONSE_URL: "https://node.example/proxy/1", TO_PARTY: "SVC"}
            job = {"do": "rewrite", "headers": HEADERS, "body": sent, "model": model}
            after = jvm(job | {"header": header, "changes": changes, "key": key(2)})
            received = OcpiMessage(headers=after["headers"], body=json.loads(after["body"]))
            verified = MessageSignature.from_header(after["header"]).verify(
                received, require_all_fields=True
            )
            assert verified.signatories == (NODE.address, PARTY.address)
            assert verified.rewritten_fields == set(changes)


def test_empty_text_replaces_a_removed_value(jvm):
    """A JVM reads "null" where a signed field is missing, so removing it is never verified."""
    body = {"response_url": "https://emsp.example/1", "session_id": "S-1"}
    message, sent, header = signed(body)
    for new, accepted in (("", True), (None, False)):
        changed, signature = MessageSignature.from_header(header).rewrite(
            message, {RESPONSE_URL: new}, NODE
        )
        refusal = jvm.refusal(signature.body_text(changed), signature.to_header())
        assert (refusal is None) == accepted
    assert sent == json.dumps(body, separators=(",", ":"))


def test_a_field_that_a_node_dropped_is_named(jvm):
    body = next(example for example in OBJECTS if example["name"] == "tariff")["body"]
    _, sent, header = signed(copy.deepcopy(body) | {"tax_included": "NO"})
    job = {"do": "relay", "headers": HEADERS, "body": sent, "model": "Tariff"}
    with pytest.raises(ModifiedMessage) as refused:
        MessageSignature.from_header(header).verify(message_of(json.loads(jvm(job))))
    assert (refused.value.cause, refused.value.field) == (
        "missing_field",
        "$['body']['tax_included']",
    )


def test_keys_that_are_signed_are_found_by_the_jvm(jvm):
    for name in ("id", "x y", "é", "]", '"', "$", "-1", "0", "a.b", "a,b", "@", "?", "*"):
        _, sent, header = signed({name: "value", "other": 0.5})
        assert jvm.refusal(sent, header) is None, name
