"""What a person sees, in a real terminal of a certain width."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time

import pytest

URL = "https://node.example.org"
TIMEOUT_S = 30


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def screen(network_file):
    """Run our command in a terminal; give its exit code and all that the terminal shows.

    `keys` are typed once the terminal shows a question.
    """

    def run(*words, columns=80, keys=b"", **variables):
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with subprocess.Popen(
            [sys.executable, "-m", "ocn_registry.cli", *words, "--network-file", network_file],
            stdin=its,
            stdout=its,
            stderr=its,
            env=kept | {"TERM": "xterm", "LANG": "C.UTF-8"} | variables,
            start_new_session=True,
            # The terminal becomes its controlling one, so that Ctrl-C reaches it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads
        ) as running:
            os.close(its)
            shown, ends = b"", time.monotonic() + TIMEOUT_S
            while time.monotonic() < ends:
                try:
                    part = os.read(ours, 4096)
                except OSError:  # the other side has closed it
                    break
                if not part:
                    break
                shown += part
                if keys and shown.endswith(b"[y/N] "):
                    os.write(ours, keys)
                    keys = b""
            os.close(ours)
            code = running.wait(timeout=TIMEOUT_S)
        return code, shown.decode().replace("\r\n", "\n")

    return run


@pytest.mark.usefixtures("listed_parties")
def test_a_list_fits_80_columns(screen, cpo, emsp, provider):
    code, shown = screen("list-parties", "--role", "CPO")
    assert code == 0
    assert shown == (
        "PARTY   ROLES     NODE                ADDRESS\n"
        f"DE CPO  CPO       https://node.exam…  {cpo.address}\n"
        f"DE SRV  CPO,EMSP  https://node.exam…  {provider.address}\n"
    )


@pytest.mark.usefixtures("listed_parties")
def test_a_list_that_fits_nowhere_is_written_in_lines(screen, emsp):
    assert screen("list-parties", "--role", "EMSP", "--module", "cdrs", columns=40)[1] == (
        "no parties are listed\n"
    )
    code, shown = screen("list-parties", columns=40)
    assert code == 0
    assert f"PARTY    NL 123\nROLES    EMSP\nNODE     {URL}\nADDRESS  {emsp.address}\n" in shown


@pytest.mark.usefixtures("client")
def test_json_is_printed_where_it_is_asked_for(screen):
    assert screen("list-nodes", "--json") == (0, "[]\n")


@pytest.mark.parametrize(
    ("keys", "code", "says"),
    [
        (b"y\n", 0, "status       done"),
        (b"n\n", 130, "nothing was sent"),
        (b"\n", 130, "nothing was sent"),
        (b"\x03", 130, "interrupted"),
        (b"\x04", 130, "nothing was sent"),
    ],
)
def test_a_person_is_asked(client, screen, keys, code, says, operator, devnet):
    key = devnet.accounts[1].private_key
    ended, shown = screen("set-node", URL, keys=keys, SIGNER=key)
    assert ended == code
    assert says in shown
    assert "send this? [y/N] " in shown
    assert "Traceback" not in shown
    assert (client.node(operator.address) is not None) == (code == 0)
