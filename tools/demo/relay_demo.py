"""A relay on a development chain: the second half of `make demo`.

Three parties without funds register over HTTP, with vouchers of their node's operator. A stranger
is rejected, with a reason that helps. The relay is killed in the middle and started again: nothing
is lost, and nothing is paid for twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ocn_registry_ports import free_port

import ocn_registry as ocn
from ocn_registry.deploy.devnet import Devnet

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_URL: Final = "https://north.example.org"
_PATIENCE_S: Final = 60.0
_LABEL: Final = 13
# Runs the relay until standard input is closed, which happens however this script ends.
_UNTIL_CLOSED: Final = '"$@" </dev/null & relay=$!; cat >/dev/null; kill -KILL $relay; wait'
_CONFIG: Final = """\
database = "sqlite:relay.sqlite"
listen = "127.0.0.1:{port}"
[network]
name = "local"
rpc_urls = ["{rpc_url}"]
[spending]
low_balance_wei = 1
"""


class RelayProcess:
    """`ocn-relay run` in its own process."""

    def __init__(self, folder: Path, devnet: Devnet) -> None:
        """Write a configuration; nothing is started yet."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._environment = os.environ | {
            "OCN_RELAY_SPENDER": devnet.accounts[3].private_key,
            "OCN_RELAY_RECEIPTS": "0x" + "11" * 32,  # on a chain that ends with this script
        }
        (folder / "ocn-relay.toml").write_text(
            _CONFIG.format(port=port, rpc_url=devnet.rpc_url), encoding="utf-8"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        relay = [sys.executable, "-m", "ocn_registry.relay.main", "run"]
        self._process = subprocess.Popen(  # noqa: S603 - this package's own program
            ["/bin/sh", "-c", _UNTIL_CLOSED, "sh", *relay],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + _PATIENCE_S
        with ocn.RelayClient(self.url, timeout_s=2) as client:
            while time.monotonic() < ends:
                try:
                    client.allowance("0x" + "11" * 20)
                except ocn.RelayUnavailable:
                    time.sleep(0.05)
                else:
                    return
        raise SystemExit("the relay did not start")

    def kill(self) -> None:
        """Kill it at once, as a power cut would."""
        if self._process is not None:
            self._process.communicate()  # closes its standard input


def main() -> int:
    """Run the script."""
    with (
        Devnet() as devnet,
        ocn.connect(devnet.deployment()) as registry,
        tempfile.TemporaryDirectory() as folder,
        RelayProcess(Path(folder), devnet) as relay,
        ocn.RelayClient(relay.url) as client,
    ):
        operator = ocn.KeySigner.from_key(devnet.accounts[1].private_key)
        registry.set_node(_URL, signer=operator)
        _heading("A relay: three parties without money register over HTTP")
        requests: list[str] = []
        for party_id in ("ABC", "DEF", "GHI"):
            party = ocn.KeySigner.generate()
            signed = registry.sign(_registration(party_id, operator), party)
            voucher = ocn.Voucher.sign(
                registry.deployment,
                party.address,
                requests=1,
                deadline_unix_s=int(time.time()) + 600,
                signer=operator,
            )
            accepted = client.submit(signed, voucher=voucher)
            _line(f"DE {party_id}", f"{accepted.state}, sponsored by a voucher of its operator")
            requests.append(accepted.id)
            if party_id == "DEF":
                relay.kill()
                _line("relay", "killed, and started again")
                relay.start()
        for party_id, request in zip(("ABC", "DEF", "GHI"), requests, strict=True):
            found = client.wait(request)
            _line(f"DE {party_id}", f"{found.state} in block {found.block_number}")

        _heading("A stranger without a voucher is refused")
        stranger = ocn.KeySigner.generate()
        try:
            client.submit(registry.sign(_registration("XYZ", operator), stranger))
        except ocn.RelayRefused as error:
            _line("refused", str(error))

        _heading("Nothing was lost or paid twice")
        spender = devnet.accounts[3].address
        sent = int(str(devnet.request("eth_getTransactionCount", spender, "latest")), 16)
        listed = [str(party.id) for party in registry.parties()]
        _line("parties", ", ".join(sorted(listed)))
        _line("transactions", f"{sent}, for {len(requests)} requests")
    return 0


def _registration(party_id: str, operator: ocn.KeySigner) -> ocn.SetParty:
    return ocn.SetParty(
        country_code="DE", party_id=party_id, roles=[ocn.Role.CPO], operator=operator.address
    )


def _heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _line(label: str, text: str) -> None:
    print(f"  {label:<{_LABEL}}{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
