"""The commands: a newcomer registers without money, and an operator runs the relay."""

import contextlib
import json
import os
import subprocess
import sys
import tomllib

import pytest
from served_relay import serving

from ocn_registry import KeySigner
from ocn_registry.relay import store
from ocn_registry.relay.config import TEMPLATE, read_config
from ocn_registry.relay.database import open_database
from ocn_registry.relay.documents import Voucher
from ocn_registry.relay.main import main
from ocn_registry.relay.policy import Policy
from ocn_registry.relay.sender import RequestSender


@pytest.fixture
def folder(tmp_path, network_file):
    (tmp_path / "secret").write_text("a passphrase\n")
    (tmp_path / "secret").chmod(0o600)
    return tmp_path


@pytest.fixture
def run(folder):
    """Run the command line of the registry in a separate folder."""

    def run(*words, **environment):
        known = {name: os.environ[name] for name in ("PATH",)}
        return subprocess.run(
            [sys.executable, "-P", "-m", "ocn_registry.cli", *map(str, words)],
            cwd=folder,
            env=known | {"HOME": str(folder), "PYTHONWARNINGS": "error"} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def working(service):
    """A relay that serves and sends."""
    import threading  # noqa: PLC0415 - one use

    sender = RequestSender(service)
    thread = threading.Thread(target=sender.run)
    thread.start()
    with serving(service) as url:
        yield url
    sender.stop()
    thread.join()


NETWORK = ("--network-file", "network.json")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_newcomer_with_a_voucher_registers_in_one_step_and_pays_nothing(
    run, working, operator, registry, folder, fresh
):
    made = run(
        *("identity", "new", "party.json", "--passphrase-file", "secret", *NETWORK, "--json")
    )
    address = json.loads(made.stdout)["address"]
    voucher = run(
        *(
            "request",
            "sponsor",
            "-a",
            address,
            "--requests",
            2,
            "-s",
            "env:OPERATOR",
            *NETWORK,
            "-y",
        ),
        OPERATOR=fresh.accounts[1].private_key,
    )
    assert voucher.returncode == 0, voucher.stderr
    assert "UTC (in 6 days)" in voucher.stderr
    (folder / "voucher.json").write_text(voucher.stdout)
    words = ("register", "-c", "DE", "ABC", "-r", "CPO", "-o", operator.address, "--si", "cdrs")
    done = run(
        *words,
        "--voucher",
        "voucher.json",
        "--relay",
        working,
        "--passphrase-file",
        "secret",
        *NETWORK,
        "--yes",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [one["status"] for one in answer["requests"]] == ["mined", "mined"]
    assert answer["party"]["address"] == address
    assert registry.party("DE", "ABC").modules_sender
    assert int(fresh.request("eth_getBalance", address, "latest"), 16) == 0
    assert "nothing: the relay pays" in done.stderr

    repeated = run(*words, "--relay", working, "--passphrase-file", "secret", *NETWORK, "--json")
    assert repeated.returncode == 0, repeated.stderr
    assert json.loads(repeated.stdout) == {**answer, "requests": []}
    assert "nothing was signed or sent" in repeated.stderr

    again = run(
        "request", "status", answer["requests"][0]["id"], "--relay", working, *NETWORK, "--json"
    )
    assert json.loads(again.stdout)["status"] in {"mined", "done"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_stranger_is_refused_with_a_reason_that_helps(run, working, operator):
    done = run(
        *("register", "-c", "DE", "ABC", "-r", "CPO", "-o", operator.address),
        *("--relay", working, "--passphrase-file", "secret", *NETWORK, "-y"),
    )
    assert done.returncode != 0
    assert "not_sponsored" in done.stderr
    assert "voucher" in done.stderr
    assert done.stdout == ""


def test_voucher_of_a_controlled_operator_is_signed_by_its_controller(run, operator, fresh):
    key = fresh.accounts[4].private_key
    cold = KeySigner.from_key(key)
    words = ("request", "sponsor", "-a", fresh.accounts[3].address, "--requests", 2, *NETWORK, "-y")
    controller = ("--controller", "env:COLD")
    made = run(*words, "--operator", operator.address, *controller, COLD=key)
    assert made.returncode == 0, made.stderr
    assert f"signed by {cold.address}, its controller" in made.stderr
    voucher = Voucher.read(made.stdout)
    assert voucher.operator == operator.address
    assert voucher.is_signed_for(fresh.deployment(), cold.address)
    unnamed = run(*words, *controller, COLD=key)
    assert (unnamed.returncode, "--operator" in unnamed.stderr) == (2, True)
    other = run(*words, "--operator", operator.address, "-s", "env:COLD", COLD=key)
    assert (other.returncode, "--controller" in other.stderr) == (2, True)


def test_network_without_a_relay_says_what_to_do(run, operator):
    done = run(
        *("register", "-c", "DE", "ABC", "-r", "CPO", "-o", operator.address),
        *("--passphrase-file", "secret", *NETWORK),
    )
    assert done.returncode == 2
    assert "add --relay URL" in done.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_request_signed_elsewhere_is_handed_in(run, working, service, registration, folder):
    party = KeySigner.generate()
    service.intake._policy = Policy(allowed=frozenset([party.address]))
    (folder / "signed.json").write_text(registration(party).to_json())
    done = run("request", "submit", "signed.json", "--relay", working, *NETWORK, "-y", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["requests"][0]["status"] == "mined"


def test_configuration_written_by_init_is_valid(tmp_path, capsys):
    path = tmp_path / "ocn-relay.toml"
    assert main(["-c", str(path), "init"]) == 0
    assert tomllib.loads(path.read_text()) == tomllib.loads(TEMPLATE)
    config = read_config(path)
    assert config.policy == Policy()
    assert main(["-c", str(path), "init"]) == 2
    assert "not overwritten" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("databse = 'x'", "databse' is not a setting"),
        ("listen = 'here'", "listen is 'here'"),
        (f"[spending]\nbatch = {'9' * 5000}", "not valid TOML"),
        (f"listen = 'here:{'9' * 5_000}'", "use HOST:PORT"),
        ('database = "sqlite:a\\u0000"', "database is 'sqlite:a\\x00': use printable text"),
        ('[keys]\nspender = "command:\\u0000"', "keys.spender is 'command:\\x00'"),
        ("[keys]\nreceipts = 'env:'", "keys.receipts is not a valid key reference"),
        ("[keys]\nspender_address = '0x12'", "keys.spender_address: '0x12'"),
        ("[spending]\nbatch = 0", "spending.batch is 0"),
        ("[spending]\nbatch = true", "spending.batch is True"),
        ("[policy]\nvouchers = 1", "policy.vouchers is 1"),
        ("[policy]\nallow = ['me']", "policy.allow: 'me'"),
        ("[network]\nname = 'nowhere'", "nowhere"),
        ("[network]\nfile = 'gone.json'", "gone.json"),
        ("policy = 5", "write [policy]"),
        ("= 5", "not valid TOML"),
    ],
)
def test_mistake_in_the_configuration_is_named(tmp_path, line, message, capsys):
    path = tmp_path / "ocn-relay.toml"
    path.write_text(line)
    assert main(["-c", str(path), "status"]) == 2
    answer = capsys.readouterr().err
    assert message in answer
    assert answer.count("\n") == 1


def test_keys_are_shown_once_and_void_when_revoked(tmp_path, capsys):
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"database = 'sqlite:{tmp_path}/relay.sqlite'")
    assert main(["-c", str(path), "keys", "add", "shop"]) == 0
    key = json.loads(capsys.readouterr().out)["key"]
    assert main(["-c", str(path), "keys"]) == 0
    answer = capsys.readouterr().out
    assert key not in answer
    assert json.loads(answer) == [
        {"name": "shop", "requestsPerDay": 200, "gasPerDay": None, "revoked": False}
    ]
    assert main(["-c", str(path), "keys", "add", "shop"]) == 2
    assert main(["-c", str(path), "keys", "revoke", "shop"]) == 0
    assert main(["-c", str(path), "keys", "revoke", "shop"]) == 2
    with pytest.raises(SystemExit) as caught:
        main(["-c", str(path), "keys", "revoke", "\udcff"])  # not valid UTF-8
    assert caught.value.code == 2


def test_private_key_in_the_configuration_is_in_no_message(tmp_path, capsys, monkeypatch):
    secret = "11" * 32
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"[keys]\nspender = '0x{secret}'")
    assert main(["-c", str(path), "status"]) == 2
    assert secret not in "".join(capsys.readouterr())


def test_relay_refuses_a_registry_whose_signatures_can_be_replayed(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OCN_RELAY_SPENDER", "0x" + "11" * 32)
    monkeypatch.setenv("OCN_RELAY_RECEIPTS", "0x" + "22" * 32)
    path = tmp_path / "ocn-relay.toml"
    path.write_text("[network]\nname = 'volta'")
    assert main(["-c", str(path), "status"]) == 2
    assert "replayed" in capsys.readouterr().err


def test_relay_is_paused_and_resumed(tmp_path, capsys):
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"database = 'sqlite:{tmp_path}/relay.sqlite'")
    assert main(["-c", str(path), "pause"]) == 0
    assert main(["-c", str(path), "resume"]) == 0
    assert capsys.readouterr().err == "paused\nresumed\n"


def test_database_option_overrides_the_configuration(tmp_path, capsys, database_url):
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"database = 'sqlite:{tmp_path}/other.sqlite'")
    assert main(["-c", str(path), "--database", database_url, "keys", "add", "shop"]) == 0
    capsys.readouterr()
    assert main(["-c", str(path), "--database", database_url, "keys"]) == 0
    assert [key["name"] for key in json.loads(capsys.readouterr().out)] == ["shop"]
    assert not (tmp_path / "other.sqlite").exists()
    assert main(["-c", str(path), "--database", "mysql:here", "pause"]) == 2
    assert "not a valid database URL" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["postgresql://me:secret@h/n", "postgresql:///n?password=secret"])
def test_a_password_is_not_taken_from_the_command_line(url, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--database", url, "status"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "~/.pgpass" in told
    assert "secret" not in told


def test_separate_roles_need_postgresql(tmp_path, capsys):
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"database = 'sqlite:{tmp_path}/relay.sqlite'")
    for role in ("api", "send", "follow"):
        assert main(["-c", str(path), "run", "--role", role]) == 2
        assert "PostgreSQL" in capsys.readouterr().err


def test_key_from_a_systemd_credential_or_a_program_pays(tmp_path, monkeypatch, fresh):
    account = fresh.accounts[3]
    (tmp_path / "spender").write_text(account.private_key)
    (tmp_path / "spender").chmod(0o600)
    secret = tmp_path / "passphrase"
    secret.write_text("a passphrase\n")
    secret.chmod(0o600)
    signer = KeySigner.from_key(account.private_key)
    KeySigner.new_identity(tmp_path / "spender.json", lambda: "a passphrase")
    program = tmp_path / "wallet.py"
    program.write_text(
        "import json, sys\n"
        "question = json.load(sys.stdin)\n"
        f"print(json.dumps({{'result': ['{account.address}']}}))\n"
    )
    path = tmp_path / "ocn-relay.toml"
    path.write_text("")
    config = read_config(path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(Exception, match="LoadCredential"):
        config.signer("credential:spender")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert config.signer("credential:spender").address == signer.address
    assert config.signer("credential:spender.json").address.startswith("0x")
    assert config.signer(f"command:{sys.executable} {program}").address == signer.address


def test_api_without_the_spenders_key_knows_its_address(config, monkeypatch, fresh):
    from dataclasses import replace  # noqa: PLC0415 - one use

    from ocn_registry.relay.service import RelayService  # noqa: PLC0415 - the same

    monkeypatch.delenv("RELAY_SPENDER")
    known = replace(config, spender_address=fresh.accounts[7].address)
    service = RelayService(known)
    try:
        service.check_keys(serves=True, sends=False)
        service.cache.refresh()
        assert service.health().ready
        with pytest.raises(Exception, match="RELAY_SPENDER"):
            service.check_keys(serves=False, sends=True)
        monkeypatch.setenv("RELAY_SPENDER", fresh.accounts[6].private_key)
        with pytest.raises(Exception, match="spender_address"):
            service.check_keys(serves=False, sends=True)
    finally:
        service.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("requests", "list", "bogus"), "bogus"),
        (("requests", "show", "0x12"), "no request with this id"),
        (("run",), "'OCN_RELAY_RECEIPTS' is not set"),
    ],
)
def test_unknown_argument_is_named(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.delenv("OCN_RELAY_RECEIPTS", raising=False)
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"database = 'sqlite:{tmp_path}/relay.sqlite'")
    assert main(["-c", str(path), *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rnu",), "'rnu' is not known here: did you mean run? Use one of init, run"),
        (("keys", "ad"), "'ad' is not known here: did you mean add?"),
        (("run", "--role", "ap"), "'ap' is not known here: did you mean api?"),
        (("\x1b[2J",), "is not known here: Use one of init"),
    ],
)
def test_mistyped_command_gets_a_suggestion(capsys, words, message):
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in said
    assert "\x1b" not in said


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 65, "\x1b[2J"])
def test_name_of_a_key_has_to_be_one_word(tmp_path, name, capsys):
    with pytest.raises(SystemExit):
        main(["-c", str(tmp_path / "none.toml"), "keys", "add", name])
    assert "\x1b" not in capsys.readouterr().err


def test_requests_are_listed_by_state_and_shown_by_id(tmp_path, capsys):
    path = tmp_path / "ocn-relay.toml"
    path.write_text(f"database = 'sqlite:{tmp_path}/relay.sqlite'")
    database = open_database(f"sqlite:{tmp_path}/relay.sqlite")
    with database.transaction() as transaction:
        store.add(
            transaction,
            store.Accepted(
                id=f"0x{1:064x}",
                contract="registry",
                account="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                nonce=0,
                deadline_unix_s=0,
                kind="SetParty",
                document="{}",
                by_contract=False,
                sponsor="allowed:me",
            ),
        )
    database.close()

    def printed(*words):
        assert main(["-c", str(path), "requests", *words]) == 0
        return json.loads(capsys.readouterr().out)

    one = printed("show", f"0x{1:064x}")
    assert one["state"] == "accepted"
    assert printed() == printed("list") == printed("list", "accepted") == [one]
    assert printed("list", "failed") == []


@pytest.mark.parametrize(
    "words",
    [
        lambda secret: [secret],
        lambda secret: ["keys", secret],
        lambda secret: ["run", "--role", secret],
        lambda secret: ["run", f"--{secret}"],
        lambda secret: ["status", secret],
        lambda secret: ["-c", f"/nowhere/{secret}/x", "init"],
        lambda secret: ["-c", secret, "status"],
        lambda secret: ["keys", "add", secret],
        lambda secret: ["keys", "add", "name", "--requests-per-day", secret],
        lambda secret: ["requests", "list", secret],
    ],
)
@pytest.mark.parametrize("secret", ["5e" * 32, "0x" + "5E" * 32, "https://h.example/" + "5e" * 10])
def test_a_secret_in_place_of_a_word_is_not_printed(words, secret, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with contextlib.suppress(SystemExit):
        main(words(secret))
    said = "".join(capsys.readouterr())
    assert said
    assert "5e5e5e5e" not in said.lower()
