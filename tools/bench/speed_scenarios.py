"""Measure the package, compared with v1's published library on the same chain.

Ours and v1's take turns, and the best round of each counts, since other work on the machine
disturbs it least. Both clients use persistent connections, like long-lived programs.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final, cast

from ocn_registry import (
    HttpTransport,
    ImportNodes,
    ImportParties,
    KeySigner,
    Node,
    Party,
    PartyId,
    RegistryClient,
    Role,
    SetNode,
    SetParty,
)
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.curve import recover
from ocn_registry.models import Address
from ocn_registry.signing import SignedRequest
from ocn_registry.transport.rpc_pool import Post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ocn_registry.deploy.devnet import Devnet
    from ocn_registry.dialects import Dialect
    from ocn_registry.intents import Intent
    from ocn_registry.protocol.effects import Answer, AnyEffect

ROOT: Final = Path(__file__).resolve().parents[2]
# The machine's Node.js, or the one of `make setup`.
_PATH: Final = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
NODE: Final = which("node", path=_PATH) or "node"
LIBRARY: Final = ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "dist"

PARTIES: Final = 10_000
V1_PARTIES: Final = 1_000
LOOKUPS: Final = 200
SIGNATURES: Final = 60
ROUNDS: Final = 5
SHORT_ROUNDS: Final = 40  # of a few milliseconds each, so that at least one is undisturbed
STARTS: Final = 20
_IMPORTED_AT_ONCE: Final = 100
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OPERATOR: Final = Address("0x" + "0b" * 20)
DOMAIN: Final = "https://node.example.com"
_BATCH_GAS: Final = 7_000_000
_V1_GAS: Final = 400_000
_BLOCKS: Final = 50

# Runs each line's operation the given number of times, and prints the duration in seconds.
_V1_JS: Final = """
const [library, port] = process.argv.slice(1);
const { Registry } = require(library + "/library.js");
const sign = require(library + "/lib/sign.js");
const { ethers } = require(require.resolve("ethers", { paths: [library] }));
const registry = new Registry("local", undefined, { provider: { host: "127.0.0.1", port } });
const wallet = new ethers.Wallet("0x" + "01".repeat(32));
const tasks = {
  lookup: () => registry.getPartyByOcpi("AA", "AAB"),
  list: () => registry.getAllParties(),
  sign: () => sign.setPartyRaw("0x4141", "0x414142", [0, 1], wallet.address, wallet),
};
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const [name, times] = JSON.parse(line);
  const started = process.hrtime.bigint();
  let last;
  for (let i = 0; i < times; i++) last = await tasks[name]();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(JSON.stringify([seconds, Array.isArray(last) ? last.length : 1]));
});
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Seconds for one operation: ours, and what it is compared to."""

    ours_s: float
    other_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The time to list all parties; v1's is scaled to the same number."""

    speed: Speed
    requests: int
    v1_requests: int


class CountingTransport(HttpTransport):
    """Counts requests: each effect is one, since none is longer than a batch."""

    requests = 0

    def perform(self, effect: AnyEffect) -> Answer:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Perform an effect."""
        self.requests += isinstance(effect, Post)
        return super().perform(effect)


class Both:
    """Our contracts and v1's on one chain, filled with parties, with a client of each."""

    def __init__(self, devnet: Devnet, v1: subprocess.Popen[str]) -> None:
        """Fill the contracts. Use `both`, which also ends v1's process."""
        self._v1 = v1
        here = devnet.deployment()
        fill(devnet, parties=PARTIES, v1_parties=V1_PARTIES)
        self._transport = CountingTransport([devnet.rpc_url], chain_id=devnet.chain_id)
        self._client = RegistryClient(here, self._transport)
        self._dialect = dialect_of(here)

    def lookup(self) -> Speed:
        """Measure one lookup of a party by its id."""

        def ours() -> None:
            for _ in range(LOOKUPS):
                self._client.party("AA", "AAB")

        return self._beside(ours, "lookup", LOOKUPS)

    def signing(self) -> Speed:
        """Measure creating and signing the request of a party."""
        signer = KeySigner.from_key(b"\x01" * 32)
        intent = SetParty(
            country_code="AA",
            party_id="AAB",
            roles=[Role.CPO, Role.EMSP],
            operator=OPERATOR,
        )

        deadline = int(time.time()) + 3600

        def ours() -> None:
            for nonce in range(SIGNATURES):
                request = self._dialect.request(
                    intent,
                    signer.address,
                    nonce=nonce,
                    deadline_unix_s=deadline,
                )
                request.sign(signer)

        return self._beside(ours, "sign", SIGNATURES)

    def verifying(self) -> Speed:
        """Measure reading and verifying a request, compared to only recovering its signer."""
        signer = KeySigner.from_key(b"\x01" * 32)
        request = self._dialect.request(
            SetParty(country_code="AA", party_id="AAB", roles=[Role.CPO], operator=OPERATOR),
            signer.address,
            nonce=1,
            deadline_unix_s=int(time.time()) + 3600,
        )
        signed = request.sign(signer)
        text, digest = signed.to_json(), request.payload.digest()

        def ours() -> None:
            for _ in range(SIGNATURES):
                found = self._dialect.read_request(text)
                if not isinstance(found, SignedRequest):
                    raise TypeError("the signature is lost")
                if recover(found.request.payload.digest(), found.signature) != signer.address:
                    raise ValueError("the signature is not that account's")

        def bare() -> None:
            for _ in range(SIGNATURES):
                recover(digest, signed.signature)

        rounds = [(_timed(ours), _timed(bare)) for _ in range(SHORT_ROUNDS)]
        return Speed(
            ours_s=min(ours_s for ours_s, _ in rounds) / SIGNATURES,
            other_s=min(bare_s for _, bare_s in rounds) / SIGNATURES,
        )

    def listing(self) -> Listing:
        """Measure a list of all parties."""
        before = self._transport.requests
        ours_s = min(_timed(self._list) for _ in range(2))
        requests = (self._transport.requests - before) // 2
        v1_s, found = self._asked("list", 1)
        if found != V1_PARTIES:
            raise ValueError(f"v1 lists {found} parties of {V1_PARTIES}")
        scaled_s = v1_s * (PARTIES + 1) / (V1_PARTIES + 1)
        speed = Speed(ours_s=ours_s, other_s=scaled_s)
        return Listing(speed=speed, requests=requests, v1_requests=PARTIES + 1)

    def _list(self) -> None:
        if len(self._client.parties()) != PARTIES:
            raise ValueError("not all parties are listed")

    def _beside(self, ours: Callable[[], None], name: str, times: int) -> Speed:
        rounds = [(_timed(ours), self._asked(name, times)[0]) for _ in range(ROUNDS)]
        return Speed(
            ours_s=min(ours_s for ours_s, _ in rounds) / times,
            other_s=min(v1_s for _, v1_s in rounds) / times,
        )

    def _asked(self, name: str, times: int) -> tuple[float, int]:
        commands, answers = self._v1.stdin, self._v1.stdout
        if commands is None or answers is None:
            raise ValueError("v1's process has no pipes")
        commands.write(json.dumps([name, times]) + "\n")
        commands.flush()
        for line in answers:  # it prints where it connects to, among the answers
            if line.startswith("["):
                seconds, found = cast("tuple[float, int]", json.loads(line))
                return seconds, found
        raise ValueError("v1's process has ended")


@contextmanager
def both(devnet: Devnet) -> Iterator[Both]:
    """Yield both clients on a chain that has v1's contracts, and ours open for imports."""
    port = devnet.rpc_url.rpartition(":")[2]
    command = [NODE, "-e", _V1_JS, str(LIBRARY), port]
    with subprocess.Popen(  # noqa: S603 - v1's own library
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as v1:
        try:
            yield Both(devnet, v1)
        finally:
            v1.kill()


def imports() -> Speed:
    """Measure the startup time of Python, with and without importing the package.

    This is processor time. It uses the Python that .venv was created with, because tools add
    imports to every start of .venv's own.
    """
    rounds = [(_started("import ocn_registry"), _started("pass")) for _ in range(STARTS)]
    return Speed(
        ours_s=min(ours_s for ours_s, _ in rounds),
        other_s=min(bare_s for _, bare_s in rounds),
    )


def _started(code: str) -> float:
    program = str(Path(sys.base_prefix) / "bin" / "python3")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, "-c", code], check=True, env={"PYTHONPATH": str(ROOT)})  # noqa: S603 - this Python
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _timed(task: Callable[[], object]) -> float:
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def _id(number: int) -> PartyId:
    text = ""
    for _ in range(5):
        number, letter = divmod(number, len(_LETTERS))
        text = _LETTERS[letter] + text
    return PartyId(text[:2], text[2:])


def party(number: int) -> Party:
    """Return a party that our Registry lists."""
    return Party(
        address=Address(f"0x{number + 1:040x}"),
        id=_id(number),
        roles=(Role.CPO, Role.EMSP),
        modules_sender=(),
        modules_receiver=(),
        operator=OPERATOR,
        operator_domain=None,
    )


def fill(devnet: Devnet, *, parties: int, v1_parties: int) -> None:
    """Import parties into our Registry; list some of them in v1's, and the node of all."""
    ours, v1s = dialect_of(devnet.deployment()), dialect_of(devnet.v1_deployment())
    owner = devnet.accounts[0].address
    node = Node(operator=OPERATOR, domain=DOMAIN)
    # Only the last one is waited for.
    devnet.request("evm_setAutomine", False)  # noqa: FBT003 - by position
    devnet.request("anvil_autoImpersonateAccount", True)  # noqa: FBT003 - by position
    send(devnet, owner, ours, ImportNodes(nodes=[node]), _BATCH_GAS)
    for start in range(0, parties, _IMPORTED_AT_ONCE):
        part = [party(number) for number in range(start, min(start + _IMPORTED_AT_ONCE, parties))]
        send(devnet, owner, ours, ImportParties(parties=part), _BATCH_GAS)
    for sender, intent in _v1_intents(v1_parties):
        devnet.request("anvil_setBalance", sender, hex(10**18))
        send(devnet, sender, v1s, intent, _V1_GAS)
    devnet.request("anvil_mine", hex(_BLOCKS))
    devnet.request("evm_setAutomine", True)  # noqa: FBT003 - by position


def _v1_intents(parties: int) -> Iterator[tuple[Address, SetNode | SetParty]]:
    yield OPERATOR, SetNode(domain=DOMAIN)
    for number in range(parties):
        one = party(number)
        intent = SetParty(
            country_code=one.id.country_code,
            party_id=one.id.party_id,
            roles=one.roles,
            operator=one.operator,
        )
        # Above the lowest addresses, where precompiled contracts are.
        yield Address(f"0x{(number + 1) << 32:040x}"), intent


def send(devnet: Devnet, sender: Address, dialect: Dialect, intent: Intent, gas: int) -> None:
    """Send a write from any account, which the chain impersonates."""
    write = dialect.write((intent,), each_alone=False)
    transaction = {"from": sender, "to": write.to, "data": "0x" + write.data.hex(), "gas": hex(gas)}
    devnet.request("eth_sendTransaction", transaction)
