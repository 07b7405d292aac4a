"""Changes as they happen: none lost by a kill, an outage or a reorganisation."""

import json
import os
import pty
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from faulty import faults

from ocn_registry import DeleteNode, SetNode
from ocn_registry.dialects import dialect_of

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120
KILLS = 8


class Watch:
    """A watch in its own process; threads read its output."""

    def __init__(self, words, folder):
        self.lines, self.said = [], []
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ocn_registry.cli", "watch", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=kept | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder / "no-settings")},
        )
        self._threads = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.said))
        ]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _read(stream, found):
        for line in stream:
            found.append(line.rstrip("\n"))

    def wait_for(self, holds):
        ends = time.monotonic() + TIMEOUT_S
        while not holds():
            assert time.monotonic() < ends, (self.lines, self.said)
            time.sleep(0.01)

    def begun(self):
        self.wait_for(lambda: any(line.startswith("watching ") for line in self.said))
        return self

    def printed(self, count):
        """Return so many changes, once they are there."""
        self.wait_for(lambda: len(self.lines) >= count)
        return [json.loads(line) for line in self.lines]

    def shown(self, text):
        self.wait_for(lambda: any(text in line for line in self.lines))

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        code = self.process.wait(timeout=TIMEOUT_S)
        for thread in self._threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def watch(network_file, tmp_path):
    """Start a watch, and wait until it prints that it has begun."""
    started = []

    def start(*words, rpc_url=None, file=network_file):
        whole = [*words, "--network-file", file, "--interval", "0.05"]
        whole += [] if rpc_url is None else ["--rpc-url", rpc_url]
        started.append(Watch(whole, tmp_path))
        return started[-1].begun()

    yield start
    for each in started:
        each.end()


@pytest.fixture
def deployment_file(deployment, tmp_path):
    """Write the deployment's file, so that the chain need not be asked."""

    def write(**changes):
        content = {
            "name": "here",
            "chainId": deployment.chain_id,
            "dialect": deployment.dialect,
            "registry": deployment.registry,
            "permissions": deployment.permissions,
            "rpcUrls": list(deployment.rpc_urls),
        }
        file = tmp_path / "deployment.json"
        file.write_text(json.dumps(content | changes))
        return file

    return write


def url(number):
    return f"https://node-{number}.example"


def urls(changes):
    return [one["node"]["url"] for one in changes if one["change"] == "NodeSet"]


def test_changes_are_printed_as_they_happen(watch, client, listed_node, cpo):
    running = watch()
    client.set_node(url(1), signer=cpo)
    (first,) = running.printed(1)
    assert (first["takenBack"], first["node"]) == (False, {"operator": cpo.address, "url": url(1)})
    outcome = client.delete_node(signer=cpo)
    _, second = running.printed(2)
    assert (second["change"], second["operator"]) == ("NodeDeleted", cpo.address)
    assert (second["hash"], second["how"]) == (outcome.tx_hash, "direct")
    assert (second["blockNumber"], second["blockHash"]) == (
        outcome.block.number,
        outcome.block.hash,
    )
    assert running.end(signal.SIGINT) == 130
    assert running.said[-1] == "interrupted"
    assert not any("Traceback" in line for line in running.said)


def test_only_requested_changes_are_printed(watch, client, listed_parties, cpo, emsp, operator):
    by_id, by_address = watch("--party", "de", "cpo"), watch("-a", emsp.address)
    client.set_party("NL", "123", [0, 1], operator.address, signer=emsp)
    client.delete_party(signer=cpo)
    assert by_id.printed(1)[0]["change"] == "PartyDeleted"
    assert by_address.printed(1)[0]["address"] == emsp.address
    for running in (by_id, by_address):
        running.end()
        assert len(running.lines) == 1


def test_watch_killed_at_any_moment_resumes_without_loss(watch, client, cpo, tmp_path):
    chance = random.Random(5)  # noqa: S311 - moments, no secrets
    cursor, seen, number = tmp_path / "cursor", [], 0
    for _ in range(KILLS):
        running = watch("--cursor", cursor)
        until = time.monotonic() + chance.uniform(0, 0.25)
        while time.monotonic() < until:
            number += 1
            client.set_node(url(number), signer=cpo)
        running.end()
        number += 1
        client.set_node(url(number), signer=cpo)  # while nobody watches
        seen += running.lines
    last = watch("--cursor", cursor, "--once")
    assert last.ended() == 0
    changes = [json.loads(line) for line in seen + last.lines if line.endswith("}")]
    unique = list({(one["blockHash"], one["index"]): one for one in changes}.values())
    assert urls(unique) == [url(place) for place in range(1, number + 1)]


def test_the_file_never_says_more_than_was_printed(done, network_file, client, cpo, tmp_path):
    words = ("watch", "--once", "--cursor", tmp_path / "cursor")
    assert done(*words) == ""
    client.set_node(url(1), signer=cpo)
    ours, its = os.pipe()
    os.close(ours)  # nobody reads
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", *words, "--network-file", network_file],
        stdout=its,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    ) as unread:
        os.close(its)
        assert unread.wait(timeout=TIMEOUT_S) == 1
    assert urls([json.loads(line) for line in done(*words).splitlines()]) == [url(1)]
    assert done(*words) == ""


def test_an_outage_is_reported_once_and_survived(watch, client, proxy, cpo):
    running = watch(rpc_url=proxy.url)
    for fault in (faults.reset, faults.status(503), faults.half, faults.says(b"<html>")):
        before = len(running.said)
        proxy.inject(fault)
        running.wait_for(lambda before=before: len(running.said) == before + 1)
        client.set_node(url(before), signer=cpo)
        proxy.heal()
        running.shown(url(before))
        running.wait_for(lambda before=before: len(running.said) == before + 2)
        assert running.said[before].startswith("error: ")
        assert "retrying until it answers" in running.said[before]
        assert running.said[before + 1] == "the RPC node answers again"


def test_the_name_of_a_deployment_can_not_control_a_terminal(anywhere, deployment_file):
    file = deployment_file(name="\x1b[31mred")
    finished = anywhere("watch", "--once", "--network-file", file)
    assert finished.returncode == 0
    assert finished.stderr.startswith("watching \\x1b[31mred (chain")


@pytest.mark.parametrize("words", [("watch", "--cursor"), ("owner", "log", "--log")])
def test_a_missing_home_folder_is_reported(command, words):
    finished = command(*words, "~nobody-of-this-name/file")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "is not known: give the whole path" in finished.stderr


def test_watch_with_a_cursor_starts_during_an_outage(
    watch, client, proxy, cpo, tmp_path, deployment_file
):
    file, cursor = deployment_file(), tmp_path / "cursor"
    assert watch("--cursor", cursor, "--once", file=file).ended() == 0
    proxy.inject(faults.status(503))
    running = watch("--cursor", cursor, rpc_url=proxy.url, file=file)
    client.set_node(url(1), signer=cpo)
    running.wait_for(lambda: any(line.startswith("error: ") for line in running.said))
    proxy.heal()
    assert urls(running.printed(1)) == [url(1)]


def test_once_ends_when_the_node_fails(command, client, proxy):
    proxy.inject(faults.status(503))
    finished = command("watch", "--once", "--rpc-url", proxy.url)
    assert (finished.returncode, finished.stdout) == (5, "")


@pytest.fixture
def write(fresh, deployment):
    """Write on the chain itself: a client would repeat what it sent before the reset."""

    def sent(intent, signer):
        call = dialect_of(deployment).write((intent,), each_alone=False, sender=signer.address)
        written = {"from": signer.address, "to": call.to, "data": f"0x{call.data.hex()}"}
        assert fresh.request("eth_sendTransactionSync", written)["status"] == "0x1"

    return sent


def test_reverted_changes_are_reported_as_reverted(watch, client, fresh, write, operator, cpo):
    running = watch()
    client.set_node(url(1), signer=operator)
    running.printed(1)
    kept = fresh.request("evm_snapshot")
    client.set_node(url(2), signer=operator)
    client.set_node(url(3), signer=cpo)
    running.shown(url(3))
    fresh.request("evm_revert", kept)
    for number in (4, 5, 6):
        write(SetNode(domain=url(number)), cpo)
    running.shown(url(6))
    changes = [json.loads(line) for line in running.lines if url(0)[:12] in line]
    assert [(one["takenBack"], one["node"]["url"]) for one in changes] == [
        (False, url(1)),
        (False, url(2)),
        (False, url(3)),
        (True, url(3)),
        (True, url(2)),
        (False, url(4)),
        (False, url(5)),
        (False, url(6)),
    ]
    hashes = [one["blockHash"] for one in changes]
    assert hashes[3:5] == [hashes[2], hashes[1]]
    running.end()  # standard error is read by another thread, which may be behind
    back = len([line for line in running.lines if '"takenBack": true' in line])
    (said,) = [line for line in running.said if "has replaced blocks" in line]
    assert said.endswith(f"changes undone: {back}")


def test_printed_lines_add_up_to_the_registry_in_any_history(
    watch, client, fresh, write, operator, cpo, emsp, tmp_path
):
    """Writes, replaced blocks and kills in any order; a reader drops duplicates and reverted
    changes."""
    chance = random.Random(11)  # noqa: S311 - no secrets
    people, kept, lines = (operator, cpo, emsp), [], []
    cursor = tmp_path / "cursor"
    running = watch("--cursor", cursor)
    for number in range(60):
        match chance.choice(("write", "write", "write", "keep", "back", "kill")):
            case "write":
                signer = chance.choice(people)
                listed = client.node(signer.address) is not None
                write(DeleteNode() if listed else SetNode(domain=url(number)), signer)
            case "keep":
                kept.append(fresh.request("evm_snapshot"))
            case "back" if kept:
                fresh.request("evm_revert", kept.pop())
                fresh.request("anvil_mine", hex(chance.randint(1, 4)), hex(2 + number))
            case _:
                running.end()
                lines += running.lines
                running = watch("--cursor", cursor)
        time.sleep(chance.choice((0, 0.02, 0.1)))
    running.end()
    last = watch("--cursor", cursor, "--once")
    assert last.ended() == 0
    known = {}
    for line in [*lines, *running.lines, *last.lines]:
        if not line.endswith("}"):  # cut by a kill, and so printed again
            continue
        one = json.loads(line)
        if one["takenBack"]:
            known.pop((one["blockHash"], one["index"]), None)
        else:
            known[one["blockHash"], one["index"]] = one
    nodes = {}
    for one in sorted(known.values(), key=lambda one: (one["blockNumber"], one["index"])):
        nodes[one["account"]] = one["node"]["url"] if one["change"] == "NodeSet" else None
    assert {who: where for who, where in nodes.items() if where} == {
        node.operator: node.domain for node in client.nodes()
    }


def test_a_reorganisation_while_nobody_watched_is_reported(watch, client, fresh, cpo, tmp_path):
    words = ("--cursor", tmp_path / "cursor", "--once")
    assert watch(*words).ended() == 0
    kept = fresh.request("evm_snapshot")
    client.set_node(url(1), signer=cpo)
    assert urls(watch(*words).printed(1)) == [url(1)]
    fresh.request("evm_revert", kept)
    fresh.request("anvil_mine", "0x3", "0x7")
    again = watch(*words)
    assert again.ended() == 0
    (back,) = again.printed(1)
    assert (back["takenBack"], back["node"]["url"]) == (True, url(1))


def test_a_reorganisation_too_deep_to_revert_is_reported(command, client, fresh, cpo, tmp_path):
    kept = fresh.request("evm_snapshot")
    fresh.request("anvil_mine", "0x3")
    words = ("watch", "--once", "--cursor", tmp_path / "cursor")
    assert command(*words).returncode == 0
    fresh.request("evm_revert", kept)
    fresh.request("anvil_mine", "0x5", "0x7")  # of another time, so with other hashes
    finished = command(*words)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "start again with --from" in finished.stderr


def test_the_file_stays_small(command, client, fresh, cpo, tmp_path):
    words = ("watch", "--once", "--cursor", tmp_path / "cursor", "--from", "0")
    sizes = []
    for _ in range(4):
        for number in range(3):
            client.set_node(url(number), signer=cpo)
            client.delete_node(signer=cpo)
        fresh.request("anvil_mine", hex(200))
        assert command(*words).returncode == 0
        sizes.append((tmp_path / "cursor").stat().st_size)
    assert max(sizes) < 5_000


def test_it_begins_where_requested(command, done, client, cpo):
    first = client.set_node(url(1), signer=cpo)
    client.delete_node(signer=cpo)
    output = done("watch", "--once", "--from", first.block.number).splitlines()
    assert [json.loads(line)["change"] for line in output] == ["NodeSet", "NodeDeleted"]
    output = done("watch", "--once", "--from", first.block.number + 1).splitlines()
    assert [json.loads(line)["change"] for line in output] == ["NodeDeleted"]
    assert done("watch", "--once") == ""
    late = command("watch", "--once", "--from", 10**9)
    assert (late.returncode, late.stdout) == (2, "")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 2}', "\x00", '{"format": 2, "pages": "x"}'],
    ids=repr,
)
def test_a_file_of_another_program_is_refused_and_kept(command, client, tmp_path, content):
    (tmp_path / "cursor").write_text(content)
    finished = command("watch", "--once", "--cursor", tmp_path / "cursor")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "give" in finished.stderr
    assert (tmp_path / "cursor").read_text() == content


def test_the_file_of_another_watch_is_refused(command, client, cpo, tmp_path):
    words = ("watch", "--once", "--cursor", tmp_path / "cursor")
    assert command(*words).returncode == 0
    finished = command(*words, "-a", cpo.address)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "another filter" in finished.stderr
    nowhere = command("watch", "--once", "--cursor", tmp_path / "none" / "cursor")
    assert nowhere.returncode == 2
    assert "can't be written" in nowhere.stderr


def test_missing_contract_can_not_be_watched(anywhere, client, cpo, deployment_file):
    file = deployment_file(registry=cpo.address)
    finished = anywhere("watch", "--once", "--network-file", file)
    assert (finished.returncode, finished.stdout) == (5, "")
    assert cpo.address in finished.stderr


@pytest.mark.parametrize("deployment", ["v1"], indirect=True)
def test_lines_on_a_terminal_are_readable_and_escape_hostile_text(
    client, operator, deployment, fresh, network_file
):
    from eth_abi import encode  # noqa: PLC0415 - what no client of ours would write

    from ocn_registry.evm.keccak import selector  # noqa: PLC0415

    first = str(int(fresh.request("eth_blockNumber"), 16) + 1)
    hostile = "https://x\x1b]0;owned\x07\u202e\x9b\n\x7f.example"
    data = selector("setNode(string)") + encode(["string"], [hostile])
    write = {"from": operator.address, "to": deployment.registry, "data": "0x" + data.hex()}
    assert fresh.request("eth_sendTransactionSync", write)["status"] == "0x1"
    for words in ((), ("--json",)):
        shown = on_terminal("--once", "--from", first, "--network-file", network_file, *words)
        assert shown.replace("\n", "").isprintable()
        assert len(shown.splitlines()) == 1
        assert operator.address in shown
        assert (json.loads(shown)["node"]["url"] == hostile) if words else (" block " in shown)


def on_terminal(*words):
    """Return what a watch shows on a terminal, talk aside."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", "watch", *words],
        stdout=its,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": str(ROOT)},
    ) as running:
        os.close(its)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other side has closed it
                break
            shown += part
        os.close(ours)
        assert running.wait(timeout=TIMEOUT_S) == 0
    return shown.decode().replace("\r\n", "\n")
