"""Our notary and the npm package `@shareandcharge/ocn-notary` verify each other's signatures.

A test's cases go through one Node.js process. What the JavaScript package gets wrong has a test of
its own at the end: should one of them fail, the package was mended.
"""

import json
import random
import struct
import subprocess
from math import isfinite
from pathlib import Path

import pytest

from ocn_registry.notary import (
    MessageRejected,
    MessageSignature,
    ModifiedMessage,
    OcpiMessage,
    sign_body,
)
from ocn_registry.notary.paths import parse, replaced
from ocn_registry.notary.values import scalar_text
from ocn_registry.signing import KeySigner

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "notary"
CASES = 200
TIMEOUT_S = 120

# Each job is [name, argument, ...]; its answer {value} or {error}.
PROGRAM = """
const Notary = require("@shareandcharge/ocn-notary").default;
const { verifyMessage } = require("ethers");
const jobs = {
  async sign(message, key) {
    const notary = new Notary();
    await notary.sign(message, key);
    return notary.serialize();
  },
  async rewrite(message, header, old, key) {
    const notary = await Notary.deserialize(header);
    notary.stash(old);
    await notary.sign(message, key);
    return notary.serialize();
  },
  async verify(message, header, times) {
    const notary = await Notary.deserialize(header);
    let verdict;
    for (let i = 0; i < times; i++) verdict = notary.verify(message);
    return verdict.isValid ? "valid" : verdict.error;
  },
  async texts(numbers) { return numbers.map(String); },
  async signer(body, signature) { return verifyMessage(body, signature); },
};
(async () => {
  let input = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
  const answers = [];
  for (const [name, ...args] of JSON.parse(input)) {
    try { answers.push({ value: await jobs[name](...args) }); }
    catch (error) { answers.push({ error: String(error) }); }
  }
  process.stdout.write(JSON.stringify(answers));
})();
"""


def javascript(jobs):
    done = subprocess.run(
        ["node", "-e", PROGRAM],  # noqa: S607 - the machine's, or the one of .venv
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=TIMEOUT_S,
        check=True,
    )
    return json.loads(done.stdout)


def values(jobs):
    return [answer["value"] for answer in javascript(jobs)]


def key(number):
    return f"0x{number:064x}"


PARTY, NODE, OTHER_NODE = (KeySigner.from_key(key(number)) for number in (1, 2, 3))


# --- generated messages ---------------------------------------------------------------------------

LETTERS = "abcxyz_-. 019é⚡😀ß\n\t\x00\x7f\u2028\"'\\/$[]<>;="
KEY_LETTERS = 'abcxyz_-. 019é⚡😀ß\n"/$[]'


def some_text(rng):
    return "".join(rng.choices(LETTERS, k=rng.randrange(12)))


def some_key(rng):
    if rng.random() < 0.6:
        return rng.choice(["id", "uid", "evses", "status", "last_updated", "kwh", "0", "10", "9"])
    return "".join(rng.choices(KEY_LETTERS, k=rng.randrange(6)))


def some_number(rng):
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randrange(-1000, 1000)
    if kind == 1:
        return rng.choice([1, -1]) * rng.getrandbits(rng.randrange(1, 80))
    if kind == 2:
        return round(rng.uniform(-1000, 1000), rng.randrange(6))
    if kind == 3:
        return rng.uniform(1, 10) * 10.0 ** rng.randrange(-30, 30)
    return struct.unpack("<d", rng.randbytes(7) + rng.choice([b"\x00", b"\x3f", b"\x40"]))[0]


def some_value(rng, depth):
    kind = rng.randrange(9 if depth else 6)
    if kind < 2:
        return some_text(rng)
    if kind < 4:
        number = some_number(rng)
        return number if isfinite(number) else 0
    if kind < 6:
        return rng.choice([True, False, None, ""])
    if kind == 6:
        return [some_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {some_key(rng): some_value(rng, depth - 1) for _ in range(rng.randrange(5))}


def some_message(rng):
    message = {
        "headers": {
            "x-correlation-id": some_text(rng),
            "ocpi-from-country-code": "DE",
            "ocpi-from-party-id": some_text(rng),
            "ocpi-to-country-code": rng.choice(["CH", "DE"]),
            "ocpi-to-party-id": "CPO",
            "x-limit": rng.choice(["10", 10]),
            "link": "<https://cpo.example?offset=10>",
        },
    }
    if rng.random() < 0.5:
        message["params"] = {some_key(rng): some_value(rng, 0) for _ in range(3)}
    if rng.random() < 0.9:
        message["body"] = {
            "response_url": "https://msp.example/1",
            "data": some_value(rng, 4),
            some_key(rng): some_value(rng, 3),
        }
    return message


@pytest.fixture(scope="module")
def messages():
    rng = random.Random("messages")  # noqa: S311 - reproducible, no secret
    return [some_message(rng) for _ in range(CASES)]


@pytest.fixture(scope="module")
def signatures(messages):
    return [MessageSignature.sign(OcpiMessage(**message), PARTY) for message in messages]


@pytest.fixture(scope="module")
def headers(signatures):
    return [signature.to_header() for signature in signatures]


# --- both ways ------------------------------------------------------------------------------------


def test_numbers_are_the_same_text():
    rng = random.Random("numbers")  # noqa: S311 - reproducible, no secret
    numbers = [some_number(rng) for _ in range(20_000)]
    numbers += [struct.unpack("<d", rng.randbytes(8))[0] for _ in range(20_000)]
    numbers = [number for number in numbers if isfinite(number)]
    numbers += [sign * 10.0**power for power in range(-324, 309) for sign in (1, -1)]
    numbers += [2**power + more for power in range(40, 100) for more in (-1, 0, 1)]
    assert values([["texts", numbers]])[0] == [scalar_text(number) for number in numbers]


def test_the_same_message_gets_the_same_header(messages, headers):
    assert values([["sign", message, key(1)] for message in messages]) == headers


def test_a_long_message_gets_the_same_header():
    message = {"headers": {}, "body": {"data": [{"uid": f"e-{i}", "n": i} for i in range(5000)]}}
    ours = MessageSignature.sign(OcpiMessage(**message), PARTY).to_header()
    assert values([["sign", message, key(1)]]) == [ours]


def test_javascript_verifies_our_signatures(messages, headers):
    jobs = [["verify", *case, 1] for case in zip(messages, headers, strict=True)]
    assert values(jobs) == ["valid"] * CASES


def test_signatures_of_javascript_are_verified_here(messages):
    theirs = values([["sign", message, key(1)] for message in messages])
    for message, header in zip(messages, theirs, strict=True):
        signature = MessageSignature.from_header(header)
        verified = signature.verify(OcpiMessage(**message), require_all_fields=True)
        assert verified.signatories == (PARTY.address,)


def test_a_changed_value_has_the_same_verdict(messages, signatures, headers):
    rng = random.Random("changes")  # noqa: S311 - reproducible, no secret
    changed = []
    for message, signature in zip(messages, signatures, strict=True):
        path = parse(rng.choice(signature.fields))
        value = rng.choice(["", None, "x", 0, False, 5.0, 1e21, [], "DE"])
        root = replaced(OcpiMessage(**message).root(), {path: value})
        changed.append(root)
    jobs = [["verify", *case, 1] for case in zip(changed, headers, strict=True)]
    ours = []
    for message, signature in zip(changed, signatures, strict=True):
        try:
            signature.verify(OcpiMessage(**message))
        except ModifiedMessage:
            ours.append("Request has been modified")
        else:
            ours.append("valid")
    assert values(jobs) == ours
    assert 0 < ours.count("valid") < CASES / 4


def some_changes(rng, message):
    changes = {
        "$['headers']['ocpi-to-country-code']": rng.choice(["FR", "BE", "CH"]),
        "$['headers']['ocpi-to-party-id']": some_text(rng) or "X",
        "$['headers']['link']": rng.choice(["<https://node.example>", 5, True, 1e21]),
    }
    if "body" in message:
        changes["$['body']['response_url']"] = f"https://node.example/{rng.random()}"
    return dict(rng.sample(sorted(changes.items()), rng.randrange(1, len(changes) + 1)))


@pytest.fixture(scope="module")
def journeys(messages, signatures):
    """Return the path of each message over two nodes: states, signatures and changes."""
    rng = random.Random("journeys")  # noqa: S311 - reproducible, no secret
    found = []
    for message, signature in zip(messages, signatures, strict=True):
        states, chain, changed = [OcpiMessage(**message)], [signature], []
        for signer in (NODE, OTHER_NODE):
            changes = some_changes(rng, message)
            state, after = chain[-1].rewrite(states[-1], changes, signer)
            states.append(state)
            chain.append(after)
            changed.append(changes)
        found.append((states, chain, changed))
    return found


def test_javascript_verifies_rewrites_of_ours(journeys):
    jobs = [
        ["verify", state.root(), signature.to_header(), 1]
        for states, chain, _ in journeys
        for state, signature in zip(states, chain, strict=True)
    ]
    assert values(jobs) == ["valid"] * 3 * CASES


def test_rewrites_get_the_same_header(journeys):
    jobs, ours = [], []
    for states, chain, _ in journeys:
        for index, number in ((1, 2), (2, 3)):
            old = dict(chain[index].rewrites[-1].rewritten_fields)
            before = chain[index - 1].to_header()
            jobs.append(["rewrite", states[index].root(), before, old, key(number)])
            ours.append(chain[index].to_header())
    assert values(jobs) == ours


def test_rewrites_of_javascript_are_verified_here(messages, headers, journeys):
    once, twice = [], []
    for message, header, (states, chain, _) in zip(messages, headers, journeys, strict=True):
        assert states[0] == OcpiMessage(**message)
        old = dict(chain[1].rewrites[0].rewritten_fields)
        once.append(["rewrite", states[1].root(), header, old, key(2)])
    for (states, chain, _), header in zip(journeys, values(once), strict=True):
        old = dict(chain[2].rewrites[1].rewritten_fields)
        twice.append(["rewrite", states[2].root(), header, old, key(3)])
    for (states, _, changes), header in zip(journeys, values(twice), strict=True):
        verified = MessageSignature.from_header(header).verify(states[2], require_all_fields=True)
        assert verified.signatories == (OTHER_NODE.address, NODE.address, PARTY.address)
        assert [layer.message for layer in verified.layers] == states[::-1]
        assert verified.rewritten_fields == changes[0].keys() | changes[1].keys()


def test_old_objects_kept_by_javascript_are_restored_here():
    before = {"headers": {}, "body": {"token": {"uid": "1", "n": [1, 2]}, "x": "y"}}
    after = {"headers": {}, "body": {"token": {"uid": "2", "n": [3, 4]}, "x": "y"}}
    old = {"$['body']['token']": before["body"]["token"]}
    (first,) = values([["sign", before, key(1)]])
    (header,) = values([["rewrite", after, first, old, key(2)]])
    verified = MessageSignature.from_header(header).verify(OcpiMessage(**after))
    assert verified.original.message == OcpiMessage(**before)


def test_added_and_removed_values_are_verified_by_javascript():
    before = OcpiMessage(headers={"link": "<a>", "x-limit": "1"}, body={"a": 1})
    changes = {"$['headers']['link']": None, "$['headers']['location']": "<b>"}
    after, signature = MessageSignature.sign(before, PARTY).rewrite(before, changes, NODE)
    assert values([["verify", after.root(), signature.to_header(), 1]]) == ["valid"]


def test_bodies_between_nodes_recover_the_same_signer():
    bodies = ["", "{}", '{"näme":"⚡"}', "x" * 10_000]
    jobs = [["signer", body, "0x" + sign_body(body, NODE)] for body in bodies]
    assert values(jobs) == [NODE.address] * len(bodies)


ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_signatures_in_other_forms_have_the_same_verdict():
    message = OcpiMessage(headers={}, body={"a": 1})
    signature = MessageSignature.sign(message, PARTY)
    r, s, v = signature.rsv[2:66], int(signature.rsv[66:130], 16), int(signature.rsv[130:], 16)
    dressed = [
        f"0x{r}{ORDER - s:064x}{55 - v:02x}",  # high s
        f"0x{r}{s:064x}{v - 27:02x}",  # v of 0 or 1
        "0x" + signature.rsv[2:].upper(),
        f"0x{r}{s:064x}{55 - v:02x}",  # the other key
    ]
    others = [
        MessageSignature(
            fields=signature.fields,
            hash=signature.hash,
            rsv=rsv,
            signatory=signature.signatory,
        )
        for rsv in dressed
    ]
    theirs = values([["verify", message.root(), other.to_header(), 1] for other in others])
    assert theirs == ["valid"] * 3 + ["Signatories do not match"]
    for other in others[:3]:
        other.verify(message)
    with pytest.raises(MessageRejected):
        others[3].verify(message)


# --- defects of the JavaScript package ------------------------------------------------------------


def test_defect_a_second_verify_of_two_rewrites_fails(journeys):
    states, chain, _ = journeys[0]
    header = chain[2].to_header()
    first, second = values([["verify", states[2].root(), header, times] for times in (1, 2)])
    assert first == "valid"
    assert second.startswith("Rewrite 0:")
    for _ in range(2):
        chain[2].verify(states[2])


def test_defect_lower_case_address_in_a_rewrite_is_rejected_and_repaired_here():
    vector = json.loads((VECTORS / "vector-9-neg-lowercase-rewrite-signatory.json").read_text())
    mended = MessageSignature.from_header(vector["header"]).to_header()
    jobs = [["verify", vector["received"], header, 1] for header in (vector["header"], mended)]
    assert values(jobs) == ["Rewrite 0: Rewritten signatory incorrect", "valid"]


def test_defect_capital_letters_and_quotes_sign_and_never_verify():
    messages = [{"body": {name: 1}} for name in ("evseId", "a'b", "a\\", "constructor")]
    signed = values([["sign", message, key(1)] for message in messages])
    verdicts = javascript([["verify", *case, 1] for case in zip(messages, signed, strict=True)])
    assert "valid" not in [verdict.get("value") for verdict in verdicts]
    for message in messages:
        with pytest.raises(MessageRejected):
            MessageSignature.sign(OcpiMessage(headers={}, **message), PARTY)


def test_defect_a_value_that_a_node_removes_breaks_the_chain():
    """It lists the fields again, without the removed one; here the old fields stay."""
    before = {"headers": {"link": "<a>", "x-limit": "1"}}
    after = {"headers": {"x-limit": "1"}}
    (first,) = values([["sign", before, key(1)]])
    (header,) = values([["rewrite", after, first, {"$['headers']['link']": "<a>"}, key(2)]])
    assert values([["verify", after, header, 1]]) == [
        "Rewrite 0: Rewritten request hash does not match",
    ]
    with pytest.raises(ModifiedMessage):
        MessageSignature.from_header(header).verify(OcpiMessage(**after))
