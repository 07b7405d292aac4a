"""Ganache, a node that is not Anvil: another EVM, other error messages, other behaviour.

It has Volta's chain id, London rules, and blocks of 8,000,000 gas. Like Anvil, it ends with a pipe
from this process: a shell kills it when the pipe is closed, for whatever reason.
"""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ocn_registry_ports import free_port

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
MNEMONIC = "test test test test test test test test test test test junk"  # `devnet.ACCOUNTS`
GUARD = '"$@" </dev/null & child=$!; read -r _; kill -9 $child; wait $child'
CHAIN_ID = 73799
START_S = 240


class Ganache:
    """A running Ganache, until `stop`."""

    def __init__(self, **options):
        """Start it, and wait until it answers.

        Args:
            options: Of its command line, with `_` for the dot: `miner_blockTime=1`.
        """
        self.port = free_port()
        self.rpc_url = f"http://127.0.0.1:{self.port}"
        search = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        node = shutil.which("node", path=search)
        options = {name.replace("_", "."): value for name, value in options.items()} | {
            "server.port": self.port,
            "chain.chainId": CHAIN_ID,
            "chain.networkId": CHAIN_ID,
            "chain.hardfork": "london",
            "miner.blockGasLimit": 8_000_000,
            "wallet.mnemonic": MNEMONIC,
        }
        # It keeps its state there, and has no time to remove it when it is killed.
        self._folder = tempfile.TemporaryDirectory()
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", node, PROGRAM, "--logging.quiet", *words],
            env=os.environ | {"TMPDIR": self._folder.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        give_up = time.monotonic() + START_S
        while not self._answers():
            assert self._guard.poll() is None, "Ganache has ended"
            if time.monotonic() > give_up:
                self.stop()
                raise AssertionError("Ganache does not start")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._guard.stdin.close()
        self._guard.wait()
        self._folder.cleanup()

    def request(self, method, *params):
        """Send a JSON-RPC request; methods that start with `evm_` or `miner_` control the chain."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/", json.dumps(body), headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        assert "error" not in answer, answer["error"]["message"]
        return answer["result"]

    def _answers(self):
        try:
            return self.request("eth_chainId") == hex(CHAIN_ID)
        except OSError:
            return False
