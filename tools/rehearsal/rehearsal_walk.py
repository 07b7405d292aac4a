"""The program of the rehearsal: deploy a registry, prove it, migrate entries, hand it over.

    python tools/rehearsal/rehearsal_walk.py FOLDER

It performs the steps of a registry's owner, with the owner's commands. It can be killed at any
point: when it is started again, it determines what is done and continues. `rehearsal.py` prepares
the folder, and kills this program with kill -9 wherever something changes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account
from rehearsal_safe import SafeRefusedError, execution

from ocn_registry import Contract, KeySigner, WriteOptions, connect, migration
from ocn_registry.cli.main import main as command
from ocn_registry.deploy.deploy import DeploymentOrder, deploy, plan
from ocn_registry.deploy.handover import accepted
from ocn_registry.deploy.record import Record, alone
from ocn_registry.dialects import dialect_of
from ocn_registry.migration import Why
from ocn_registry.migration.importing import ImportOptions, settled
from ocn_registry.models import Address
from ocn_registry.networks import from_json
from ocn_registry.plans.folders import journal_of
from ocn_registry.protocol.effects import run
from ocn_registry.transport.chain_queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.deploy.deploy import Creating
    from ocn_registry.migration import MigrationPlan, SourceSnapshot

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools" / "build"))

import submit_sources  # noqa: E402 - its folder is put on the path just before

KEY_VARIABLE = "REHEARSAL_KEY"
FINAL = 3  # blocks on Volta
POLL_S = 0.05


class Creator:
    """Signs with the deployer's key, like one of Ape's accounts."""

    def __init__(self, key: str) -> None:
        """Create the signer of a key."""
        self._account = Account.from_key(key)
        self.address = Address(self._account.address)

    def sign_creation(self, creating: Creating) -> bytes:
        """Sign a transaction without a receiver."""
        fields = {
            "chainId": creating.chain_id,
            "nonce": creating.nonce,
            "data": creating.data,
            "gas": creating.gas,
            "value": 0,
            "maxFeePerGas": creating.max_fee_per_gas_wei,
            "maxPriorityFeePerGas": creating.tip_per_gas_wei,
        }
        return bytes(self._account.sign_transaction(fields).raw_transaction)


@dataclass
class Walk:
    """The steps and their shared state.

    Attributes:
        folder: Folder for the files passed between steps.
        prepared: What `rehearsal.py` prepared: the URLs of the chain and the services, and the
        addresses of v1's contracts and the Safe.
    """

    folder: Path
    prepared: dict[str, Any]

    @property
    def record(self) -> Path:
        """The file of the deployment's record."""
        return self.folder / "volta.json"

    @property
    def safe(self) -> Address:
        """The new owner."""
        return Address(self.prepared["safe"])

    @property
    def signer(self) -> KeySigner:
        """The deployer, who owns the registry at first."""
        return KeySigner.from_env(KEY_VARIABLE)

    def new(self) -> RegistryClient:
        """Return a client of the new registry."""
        deployment = from_json(self.record.read_text())
        return connect(deployment, rpc_urls=[self.prepared["rpcUrl"]])

    def old(self) -> RegistryClient:
        """Return a client of v1's registry."""
        return connect(str(self.folder / "old.json"))

    def command(self, *words: str, old: bool = False) -> None:
        """Run one of our commands; exit with its exit code if it fails."""
        where = str(self.folder / "old.json") if old else str(self.record)
        print("$ ocn-registry", *[word.replace(f"{self.folder}/", "") for word in words])
        nodes = ["--network-file", where, "--rpc-url", self.prepared["rpcUrl"]]
        if code := command([*words, *nodes]):
            sys.exit(code)

    def sending(self) -> list[str]:
        """Return the options of a command that sends."""
        return ["--signer", f"env:{KEY_VARIABLE}", "--yes", "--wait", "final"]

    def settle(self) -> None:
        """Wait until the transactions of an earlier run are mined."""
        how = ImportOptions(signer=self.signer, options=WriteOptions(journal=journal_of(None)))
        with self.old() as client:
            run(settled(dialect_of(client.deployment), how), client.transport.perform)

    def deploy(self) -> None:
        """Deploy both contracts, with the import open."""
        if Record.read(self.record).is_finished:
            print("the record says that this is done")
        elif self.prepared["ape"]:
            self._deploy_by_ape()
        else:
            self._deploy_by_package()

    def _deploy_by_ape(self) -> None:
        words = ["run", "deploy", "--account", "TEST::1", "--record", str(self.record)]
        network = f"energyweb:volta:{self.prepared['rpcUrl']}"
        print("$ ape run deploy --network energyweb:volta:... --import-open --yes", flush=True)
        done = subprocess.run(  # noqa: S603 - Ape, of this environment
            [*self._ape(), *words, "--network", network, "--import-open", "--yes"],
            cwd=ROOT,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            check=False,
        )
        if done.returncode:
            sys.exit(done.returncode)

    @staticmethod
    def _ape() -> list[str]:
        return [str(Path(sys.executable).parent / "ape")]

    def _deploy_by_package(self) -> None:
        creator = Creator(os.environ[KEY_VARIABLE])
        order = DeploymentOrder(
            name="volta",
            chain_id=self.prepared["chainId"],
            deployer=creator.address,
            owner=creator.address,
            import_open=True,
            options=WriteOptions(confirmations=FINAL, journal=journal_of(None)),
        )
        with alone(self.record), self.old() as client:
            record, perform = Record.read(self.record), client.transport.perform
            made = run(plan(order, record), perform)
            print("\n".join(made.lines()), flush=True)
            if made.problems:
                sys.exit("; ".join(made.problems))
            run(deploy(order, record, creator), perform)

    def prove(self) -> None:
        """Verify the contracts and their owner."""
        with self.new() as client:
            states = {client.owner.import_open(contract) for contract in Contract}
            owner = str(client.owner.address())
        # If the program was killed while closing it, it is open at one contract only.
        state = ["--import", "open" if True in states else "closed"] if len(states) == 1 else []
        self.command("verify", "--owner", owner, *state)

    def sources(self) -> None:
        """Submit the sources to Sourcify and to the explorer."""
        lines = submit_sources.submit(
            json.loads(self.record.read_text()),
            sourcify=self.prepared["servicesUrl"],
            explorer=self.prepared["servicesUrl"],
            dry_run=False,
            compiled=self.prepared["compiled"],
            pause_s=0.1,
        )
        print("\n".join(lines))

    def snapshot(self) -> None:
        """Write all entries of v1's registry to a file."""
        if self._file().exists():
            print(f"there is a snapshot: {migration.digest_of(self._taken())}")
        else:
            self.command("migrate", "snapshot", "--out", str(self._file()), old=True)

    def plan(self) -> None:
        """Plan which entries are moved, which are not, and why."""
        self.command("migrate", "plan", str(self._file()))

    def carry(self) -> None:
        """Import the planned entries."""
        self.command("migrate", "import", str(self._file()), *self.sending())

    def compare(self) -> None:
        """Compare the chain with the plan."""
        self.command("migrate", "compare", str(self._file()))

    def close(self) -> None:
        """End the import."""
        self.command("migrate", "close", str(self._file()), *self.sending())

    def offer(self) -> None:
        """Offer the registry to the Safe, and write the file for its acceptance."""
        self.settle()
        with self.new() as client:
            owner, offered = client.owner.address(), client.owner.pending()
        if self.safe not in {owner, offered}:
            log = str(self.folder / "owner.jsonl")
            self.command("owner", "hand-over", self.safe, "--log", log, *self.sending())
        if owner != self.safe:
            text = io.StringIO()
            with contextlib.redirect_stdout(text):
                self.command("owner", "safe-file")
            (self.folder / "accept.json").write_text(text.getvalue().partition("\n")[2])

    def accept(self) -> None:
        """Execute the file, signed by the Safe's owners."""
        with self.new() as client:
            perform = client.transport.perform

            def ask(method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
                return perform(Query(method, params, lambda result: result))

            payer = self.prepared["payer"]
            while ask("eth_getTransactionCount", payer, "pending") != ask(
                "eth_getTransactionCount", payer, "latest"
            ):
                time.sleep(POLL_S)  # transactions of an earlier run are mined
            if client.owner.address() != self.safe:
                data = execution(ask, self.safe, (self.folder / "accept.json").read_text())
                sent = {"from": payer, "to": self.safe, "data": data, "gas": hex(500_000)}
                tx_hash = ask("eth_sendTransaction", sent)
                while (receipt := ask("eth_getTransactionReceipt", tx_hash)) is None:
                    time.sleep(POLL_S)
                if receipt["status"] != "0x1":
                    raise SafeRefusedError(tx_hash)
                print(f"executed  {tx_hash}")
            run(accepted(client.deployment, self.safe), perform)
        print(f"the Safe {self.safe} owns the registry alone")

    def differences(self) -> None:
        """Compare the current state of v1's registry and ours, except what the plan lists."""
        with self.new() as new, self.old() as old:
            planned = migration.plan_for(new, self._taken())
            found = unlisted(migration.snapshot(old), migration.snapshot(new), planned)
        for line in found:
            print(line)
        if found:
            sys.exit(1)
        print(f"nothing different but the {len(planned.left_out)} entries that the plan left out,")
        print(f"and the {len(planned.unreachable)} parties that it reported as unreachable")

    def _file(self) -> Path:
        return self.folder / "registry.json"

    def _taken(self) -> SourceSnapshot:
        return migration.load(self._file())

    def steps(self) -> dict[str, Callable[[], None]]:
        """Return all steps, in order."""
        return {
            "deploy": self.deploy,
            "prove": self.prove,
            "sources": self.sources,
            "snapshot": self.snapshot,
            "plan": self.plan,
            "import": self.carry,
            "compare": self.compare,
            "close": self.close,
            "offer": self.offer,
            "accept": self.accept,
            "prove again": self.prove,
            "differences": self.differences,
        }


def unlisted(old: SourceSnapshot, new: SourceSnapshot, planned: MigrationPlan) -> list[str]:
    """Return what differs between two registries and is not listed in a plan."""
    without_url = {one.subject for one in planned.changed if one.why is Why.WITHOUT_URL}
    omitted = {(one.kind.value, one.subject) for one in planned.left_out}
    # A party whose node is left out is moved without that node's URL.
    kept = {node.operator for node in new.nodes}
    sides: list[dict[tuple[str, str], object]] = []
    for side in (old, new):
        entries: dict[tuple[str, str], object] = {
            ("node", f"{one.domain} of {one.operator}"): one for one in side.nodes
        }
        for party in side.parties:
            reached = party.operator_domain if party.operator in kept else None
            entries["party", f"{party.id} of {party.address}"] = (
                *(party.address, party.id, party.roles),
                *(party.modules_sender, party.modules_receiver, party.operator, reached),
            )
        for service in side.services:
            subject = f"{service.name} of {service.provider}"
            url = "" if subject in without_url else service.url
            entries["service", subject] = (
                *(service.provider, service.id, service.name, url, service.permissions),
            )
        entries |= {
            ("agreement", f"{one.user} with {one.provider}"): one.permissions
            for one in side.agreements
        }
        sides.append(entries)
    before, after = sides
    found = [
        f"not carried over: {key}" for key in before if key not in after and key not in omitted
    ]
    found += [f"from nowhere: {key}" for key in after if key not in before]
    found += [f"carried over though left out: {key}" for key in after if key in omitted]
    found += [f"different: {key}" for key in after if before.get(key) != after[key]]
    order = [key for key in before if key in after]
    return found if order == list(after) else [*found, "the order of the entries is another"]


def main() -> None:
    """Take all steps, and print each."""
    folder = Path(sys.argv[1])
    walk = Walk(folder, json.loads((folder / "prepared.json").read_text()))
    for number, (name, step) in enumerate(walk.steps().items(), 1):
        print(f"\n## {number} {name}: {(step.__doc__ or '').strip()}", flush=True)
        step()


if __name__ == "__main__":
    main()
