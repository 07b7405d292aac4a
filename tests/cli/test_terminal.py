"""How the command behaves in a real terminal: questions, Ctrl-C, colour."""

import signal
import sys
import time

import pytest

from ocn_registry import KeySigner, SetNode

URL = "https://node.example.org"
NODES = 300  # with URLs of the greatest length: more than a terminal takes before somebody reads


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def start(terminal, network_file):
    """Start our command in a terminal."""

    def run(*words, **options):
        command = [sys.executable, "-m", "ocn_registry.cli", *words]
        return terminal(*command, "--network-file", network_file, **{"NO_COLOR": "1"} | options)

    return run


@pytest.fixture
def screen(start):
    """Run our command in a terminal, and return its exit code and everything that was shown."""

    def run(*words, answer="", **options):
        running = start(*words, **options)
        if answer:
            running.read_until("[y/N] ")
            running.type(answer)
        return running.finish()

    return run


@pytest.mark.parametrize("columns", [80, 0], ids=["80", "not told"])
@pytest.mark.usefixtures("listed_parties")
def test_a_list_fits_80_columns(screen, cpo, emsp, provider, columns):
    code, shown = screen("list-parties", "--role", "CPO", columns=columns)
    assert code == 0
    assert shown == (
        "PARTY   ROLES     NODE                ADDRESS\n"
        f"DE CPO  CPO       https://node.exam…  {cpo.address}\n"
        f"DE SRV  CPO,EMSP  https://node.exam…  {provider.address}\n"
    )


@pytest.mark.usefixtures("listed_parties")
def test_a_list_too_wide_for_a_table_is_written_in_lines(screen, emsp):
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
    ("answer", "code", "says"),
    [
        ("y\n", 0, "status        done"),
        ("n\n", 130, "nothing was sent"),
        ("\n", 130, "nothing was sent"),
        ("\x03", 130, "^C\ninterrupted\n"),
        ("\x04", 130, "nothing was sent"),
    ],
)
def test_a_person_is_asked(client, screen, answer, code, says, operator, keys):
    ended, shown = screen("set-node", URL, answer=answer, SIGNER=keys[operator.address])
    assert ended == code
    assert says in shown
    assert "send this? [y/N] " in shown
    assert "Traceback" not in shown
    assert (client.node(operator.address) is not None) == (code == 0)


def test_ctrl_c_at_a_passphrase_leaves_no_file_and_a_terminal_that_echoes(start, tmp_path):
    running = start("identity", "new", str(tmp_path / "me.json"))
    running.read_until("passphrase of ")
    running.read_until(": ")
    running.type("half a passphr\x03")
    code, shown = running.finish()
    assert (code, shown.endswith("\ninterrupted\n")) == (130, True)
    assert "half" not in shown
    assert not (tmp_path / "me.json").exists()


def test_ctrl_c_in_a_wait_says_how_to_continue(fresh, client, start, done, operator, keys):
    fresh.request("evm_setAutomine", False)
    try:
        running = start("set-node", URL, "--yes", SIGNER=keys[operator.address])
        running.read_until("tx status 0x")
        running.read_until("\r\n")
        running.type("\x03")
        code, shown = running.finish()
    finally:
        fresh.request("evm_setAutomine", True)
    assert code == 130
    assert shown.endswith("\ninterrupted\n")
    assert "Traceback" not in shown
    fresh.request("evm_mine")
    tx_hash = shown.split("tx status ")[1].split()[0]
    assert tx_hash in done("tx", "status", tx_hash)
    assert client.node(operator.address).domain == URL


def test_ctrl_c_ends_a_long_table_at_once(fresh, client, start):
    for number in range(NODES):
        signer = KeySigner.from_key(f"{number + 1:064x}")
        fresh.request("anvil_setBalance", signer.address, hex(10**18))
        url = f"https://{number}.example.org/".ljust(255, "x")
        client.send(SetNode(domain=url), signer=signer)
    running = start("list-nodes", columns=400)
    last = -1
    while running.unread() != last or last < 1:  # nobody reads, until it can write no more
        last = running.unread()
        time.sleep(0.3)
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGINT)  # the terminal itself would throw away what it holds
    code, shown = running.finish()
    assert code == 130
    assert shown.endswith("\ninterrupted\n")
    assert shown.count("https://") < NODES


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_only_for_terminals_that_want_them(terminal, environment, coloured):
    command = [sys.executable, "-m", "ocn_registry.cli", "identity", "show"]
    _, shown = terminal(*command, **environment).finish()
    assert ("\x1b[31merror:\x1b[0m" in shown) == coloured
    assert ("\x1b" in shown) == coloured


def test_a_file_gets_no_colours(terminal, tmp_path):
    line = f"{sys.executable} -m ocn_registry.cli doctor --rpc-url http://127.0.0.1:9 2> told > out"
    code, _ = terminal("sh", "-c", line, cwd=tmp_path).finish()
    assert code == 5
    assert b"\x1b" not in (tmp_path / "told").read_bytes() + (tmp_path / "out").read_bytes()


def test_an_empty_log_is_reported_as_empty(screen, tmp_path):
    code, shown = screen("owner", "log", "--log", str(tmp_path / "owner.jsonl"))
    assert (code, shown.strip()) == (0, "the log is empty")
