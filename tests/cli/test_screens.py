"""The screens that users see, at 80 and 40 columns, with and without colour.

`UPDATE_SCREENS=1 pytest tests/cli/test_screens.py` writes `screens/` again; check the difference
before you commit it. The chain, its keys and so its transactions are the same in every run. What
differs is masked: the chain's port, the hash, the time and the age of a block, a new key, the
test's folder.
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from eth_abi import encode

from ocn_registry import KeySigner, Module, Permission, RegistryClient, Role, SetParty
from ocn_registry.cli.output.terminal import TINTS, width_of
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.keccak import selector
from ocn_registry.transport.http_sync import HttpTransport

SCREENS = Path(__file__).with_name("screens")
UPDATE = os.environ.get("UPDATE_SCREENS") == "1"
FORMS = tuple((columns, coloured) for coloured in (False, True) for columns in (80, 40))
DEADLINE = 4_102_444_800  # the year 2100; nobody submits what is signed until then
OPERATOR, OTHER, CPO, EMSP, PROVIDER, SPENDER, NEWCOMER = range(1, 8)
SECRET = "a passphrase"  # noqa: S105 - of a key that nobody needs

# What strangers can write on contracts of the first generation, which look at no text.
HOSTILE_URL = "https://\x1b]0;owned\x07\x1b[2J\x9b31m\u202egro.elpmaxe\u2066.example"
HOSTILE_NAME = (
    "z" + "\u0335\u0301" * 12 + " \u4e2d\u6587\u5145\u7535 \U0001f50c\r\x1b[1Aok  all is well"
)
LONG_URL = "https://" + "a-very-long-host." * 14 + "example"


class Screen(NamedTuple):
    """A command and its input: the awaited prompt, then the typed keys."""

    line: str
    typed: tuple[tuple[str, str], ...] = ()
    network: str = "local"
    code: int = 0


YES = (("[y/N] ", "y\n"),)
NO = (("[y/N] ", "n\n"),)
ABC = "set-party -c DE ABC -r CPO EMSP -o {operator}"
SHOWN = {
    "help": Screen("--help"),
    "help-set-party": Screen("set-party --help"),
    "help-submit": Screen("request submit --help"),
    "list-nodes": Screen("list-nodes"),
    "list-parties": Screen("list-parties"),
    "list-services": Screen("list-services"),
    "list-nothing": Screen("list-parties --operator {cpo}"),
    "get-party": Screen("get-party -c NL 123"),
    "get-service": Screen("get-service {provider}"),
    "get-agreements": Screen("get-agreements -c DE CPO"),
    "get-node-absent": Screen("get-node {cpo}", code=3),
    "hostile-node": Screen("get-node {operator}", network="local-v1"),
    "hostile-nodes": Screen("list-nodes", network="local-v1"),
    "hostile-parties": Screen("list-parties", network="local-v1"),
    "hostile-services": Screen("list-services", network="local-v1"),
    "hostile-plan": Screen("delete-node -s {operator_key}", NO, "local-v1", 130),
    "question-yes": Screen(f"{ABC} -s {{newcomer_key}}", YES),
    "question-no": Screen(f"{ABC} -s {{newcomer_key}}", NO, code=130),
    "question-ctrl-c": Screen(f"{ABC} -s {{newcomer_key}}", (("[y/N] ", "\x03"),), code=130),
    "question-v1": Screen(
        "delete-party-raw -s {cpo_key} -x {spender_key}", NO, "local-v1", code=130
    ),
    "dry-run": Screen("set-node https://new.example.org/ -s {newcomer_key} --dry-run"),
    "request-show": Screen("request show {request}"),
    "request-submit": Screen("request submit {request} {other_request} -x {spender_key}", YES),
    "info": Screen("info -s {cpo_key}"),
    "info-nobody": Screen("info -a 0x00000000000000000000000000000000000000aa"),
    "doctor": Screen("doctor", code=0),
    "doctor-node": Screen("doctor -a {cpo}", code=1),
    "tx-status": Screen("tx status {tx_hash}"),
    "tx-unknown": Screen("tx status 0x" + "0" * 64, code=6),
    "history": Screen("history -c DE CPO"),
    "watch-ctrl-c": Screen("watch", (("Ctrl-C ends it\r\n", "\x03"),), code=130),
    "verify": Screen("verify"),
    "settings": Screen("settings"),
    "devnet": Screen("devnet --port 0 --with-v1", (("development only\r\n", "\x03"),)),
    "identity-new": Screen(
        "identity new me.json",
        (("me.json: ", f"{SECRET}\n"), ("once more: ", f"{SECRET}\n")),
    ),
    "identity-mistyped": Screen(
        "identity new me.json",
        (("me.json: ", f"{SECRET}\n"), ("once more: ", "another\n")),
        code=2,
    ),
    "error-command": Screen("list-partys", code=2),
    "error-nothing-to-do": Screen("", code=2),
    "error-no-subcommand": Screen("request", code=2),
    "error-reference": Screen("delete-node -s request.json", code=2),
    "error-role": Screen("set-party -c DE ABC -r CP0 -o {operator}", code=2),
    "error-option": Screen("set-party -c DE ABC -r CPO", code=2),
    "error-address": Screen("get-node 0x12", code=2),
    "error-no-chain": Screen("list-nodes --rpc-url http://127.0.0.1:9", code=5),
    "error-no-key": Screen("delete-node", code=2),
    "error-key-in-sight": Screen("delete-node -n volta -s {operator_key}", code=2),
    "error-taken": Screen("set-node https://node.example.org -s {newcomer_key}", code=4),
    "error-no-money": Screen(f"delete-node -s {'11' * 32}", code=4),
    "error-request": Screen("request show nowhere.json", code=2),
}


class Place:
    """A chain, its entries, and placeholders for its keys, addresses and files."""

    def __init__(self, devnet, folder):
        self.devnet = devnet
        self.words = {}
        for name in ("operator", "other", "cpo", "emsp", "provider", "spender", "newcomer"):
            account = devnet.accounts[globals()[name.upper()]]
            self.words |= {name: account.address, f"{name}_key": account.private_key}
        self._signers = [KeySigner.from_key(each.private_key) for each in devnet.accounts]
        self._fill_ours(folder)
        self._fill_first()
        self._snapshot = devnet.request("evm_snapshot")

    def start_again(self):
        self.devnet.request("evm_revert", self._snapshot)
        self._snapshot = self.devnet.request("evm_snapshot")

    def _fill_ours(self, folder):
        here, of = self.devnet.deployment(), self._signers
        at = of[OPERATOR].address
        transport = HttpTransport(here.rpc_urls, chain_id=here.chain_id)
        with RegistryClient(here, transport) as client:
            client.set_node("https://node.example.org", signer=of[OPERATOR])
            client.set_node(LONG_URL, signer=of[OTHER])
            client.set_party("DE", "CPO", [Role.CPO], at, signer=of[CPO])
            client.set_party_modules([Module.LOCATIONS], list(Module), signer=of[CPO])
            client.set_party("NL", "123", list(Role), of[OTHER].address, signer=of[EMSP])
            client.set_party("DE", "SRV", [Role.SCSP], at, signer=of[PROVIDER])
            done = client.set_service(
                [Permission.FORWARD_ALL_SENDER, Permission.FORWARD_MODULE_CDRS_RECEIVER],
                name="Sma\u0308rt \u4e2d\u6587\u5145\u7535 speech",
                url="https://smart.example.org/terms",
                signer=of[PROVIDER],
            )
            client.create_agreement(of[PROVIDER].address, signer=of[CPO])
            for name, who, party_id in (("request", 8, "AAA"), ("other_request", 9, "BBB")):
                wanted = SetParty(
                    country_code="DE", party_id=party_id, roles=[Role.CPO], operator=at
                )
                request = dialect_of(here).request(
                    wanted, of[who].address, nonce=0, deadline_unix_s=DEADLINE
                )
                signed = request.sign(of[who], now_unix_s=DEADLINE)
                (folder / f"{name}.json").write_text(signed.to_json())
                self.words[name] = f"{name}.json"
        self.words["tx_hash"] = done.tx_hash

    def _fill_first(self):
        here, of = self.devnet.v1_deployment(), self._signers
        party, at = ("bytes2", "bytes3", "uint8[]", "address"), of[OPERATOR].address
        hostile = (b"\x1b[", b"A\x7f\r", [0], at)
        for who, contract, function, kinds, values in (
            (OPERATOR, here.registry, "setNode", ("string",), (HOSTILE_URL,)),
            (OTHER, here.registry, "setNode", ("string",), ("https://\u4e2d\u6587.example",)),
            (CPO, here.registry, "setParty", party, hostile),
            (EMSP, here.registry, "setParty", party, (b"NL", b"123", [1], of[OTHER].address)),
            (
                CPO,
                here.permissions,
                "setService",
                ("string", "string", "uint256[]"),
                (HOSTILE_NAME, HOSTILE_URL, [1, 4]),
            ),
        ):
            data = selector(f"{function}({','.join(kinds)})") + encode(kinds, values)
            write = {"from": of[who].address, "to": contract, "data": "0x" + data.hex()}
            assert self.devnet.request("eth_sendTransactionSync", write)["status"] == "0x1"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    with Devnet(with_v1=True) as devnet:
        found = Place(devnet, folder)
        found.folder = folder
        yield found


def masked(text, folder):
    """Replace what differs between runs by fixed text."""
    text = re.sub(r"(127\.0\.0\.1:)\d{5}\b", r"\g<1>54321", text)
    text = re.sub(
        r"(?i)(block ?hash\W+(?:\x1b\[0m)?\s*)0x[0-9a-f]{64}", rf"\g<1>0x{'0' * 64}", text
    )
    text = re.sub(r"\d+ s old", "0 s old", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-01T00:00:00Z", text)
    return text.replace(str(folder), "/home/me")


def visible(text):
    """Write colours as names, and check that there is no other control sequence."""
    names = {f"\x1b[{code}m": f"«{name}»" for name, code in TINTS.items()} | {"\x1b[0m": "«»"}
    text = re.sub(r"\x1b\[\d+m", lambda found: names[found[0]], text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), repr(
        text
    )
    return text


def fits(text, columns):
    """Check that lines fit the terminal, except for words that must not be broken."""
    body = re.sub(r"^usage:.*?\n\n", "", text, flags=re.DOTALL)  # argparse's own
    for line in body.split("\n"):
        label = max([gap.end() for gap in re.finditer(r"^ | {2,}", line)], default=0)
        pieces = re.findall(r"`[^`]*`\S*|ocn-registry tx status \S+|\S+", line)
        longest = max(map(width_of, pieces), default=0)
        if width_of(line) > columns >= label + longest:
            return False
    return True


@pytest.fixture
def shown(terminal, place, tmp_path):
    """Run a screen's command in one of the forms, and return its exit code and the screen."""

    def run(screen, columns, coloured):
        place.start_again()
        (tmp_path / "me.json").unlink(missing_ok=True)
        for file in place.folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        words = [word.format(**place.words) for word in screen.line.split()]
        if "-n" not in words and words != ["request"]:
            words += ["-n", screen.network]
        running = terminal(
            *(sys.executable, "-m", "ocn_registry.cli", *(words if screen.line else ())),
            columns=columns,
            cwd=tmp_path,
            OCN_RPC_URL="" if "--rpc-url" in words else place.devnet.rpc_url,
            PATH=str(tmp_path),  # no other ocn-registry
            HOME=str(tmp_path),
            XDG_CONFIG_HOME=str(tmp_path),
            XDG_STATE_HOME=tempfile.mkdtemp(dir=tmp_path),  # the chain starts again each time
            **({} if coloured else {"NO_COLOR": "1"}),
        )
        for before, keys in screen.typed:
            running.read_until(before)
            running.type(keys)
        code, text = running.finish()
        text = masked(text, tmp_path)
        return code, re.sub(
            r"0x\w{40}", f"0x{'0' * 40}", text
        ) if "identity" in screen.line else text

    return run


@pytest.mark.parametrize("name", SHOWN)
def test_screens_equal_the_committed_ones(name, shown):
    screen = SHOWN[name]
    parts, plain = [f"$ ocn-registry {screen.line}".rstrip()], {}
    for columns, coloured in FORMS:
        code, text = shown(screen, columns, coloured)
        assert code == screen.code, text
        seen = visible(text)
        bare = re.sub("«[a-z]*»", "", seen)
        assert fits(bare, columns), bare
        assert bare == plain.setdefault(columns, seen), "colour changes nothing but colours"
        form = f"{columns} columns{', in colour' if coloured else ''}"
        parts.append(f"== {form}\n{seen.rstrip()}")
    kept = SCREENS / f"{name}.txt"
    now = "\n".join([*parts, f"== exit code {screen.code}\n"])
    if UPDATE:
        kept.write_text(now, encoding="utf-8")
    assert kept.exists(), "not kept yet: run it with UPDATE_SCREENS=1, and look at what it writes"
    assert now == kept.read_text(encoding="utf-8")


def test_no_unused_screen_is_committed():
    assert {file.stem for file in SCREENS.iterdir()} == set(SHOWN)
