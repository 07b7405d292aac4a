"""The owner's commands, and their log, whatever happens."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
if (_heirs := str(Path(__file__).resolve().parents[1] / "deployment")) not in sys.path:
    sys.path.insert(0, _heirs)

from eth_account import Account
from heirs import DELAY_S, execute, pass_time, safe_of, timelock

from ocn_registry import DeleteParty, KeySigner, Role, SetNode, SetParty
from ocn_registry.cli import execute as cli_execute
from ocn_registry.contract_errors import PartyIdTaken
from ocn_registry.dialects import dialect_of
from ocn_registry.evm.keccak import selector

ROOT = Path(__file__).parents[2]
WHY = ("--reason", "a stranger took it; decided by the board on Monday")
URL = "https://node.example.org"


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "state" / "owner.jsonl"


@pytest.fixture
def owner(done, keys, devnet, log):
    """Run a command of the owner, which must succeed, and return its JSON."""

    def run(*words, by=None):
        who = (devnet.accounts[0] if by is None else by).address
        return json.loads(done("owner", *words, "-s", keys[who], "--log", log, "--yes"))

    return run


def lines_of(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.usefixtures("listed_node")
def test_a_node_is_deleted_and_the_log_says_why(client, owner, operator, log, deployment):
    output = owner("delete-node", operator.address, *WHY)
    assert (output["status"], output["state"]) == ("done", None)
    assert client.node(operator.address) is None
    intended, signed, ended = lines_of(log)
    assert [each["status"] for each in (intended, signed, ended)] == ["intended", "signed", "done"]
    assert len({each["id"] for each in (intended, signed, ended)}) == 1
    for key, value in {
        "network": "local",
        "chainId": deployment.chain_id,
        "contract": deployment.registry,
        "who": client.owner.address(),
        "what": "delete-node",
        "account": operator.address,
        "reason": WHY[1],
        "before": {"operator": operator.address, "url": URL},
    }.items():
        assert intended[key] == ended[key] == value
    assert "transaction" not in intended
    assert signed["transaction"] == ended["transaction"] == output["hash"]
    assert ended["blockNumber"] == output["blockNumber"]
    assert ended["changes"] == [{"change": "NodeDeleted", "operator": operator.address}]


@pytest.mark.usefixtures("listed_parties")
def test_a_party_is_deleted(client, owner, cpo, log):
    output = owner("delete-party", "-c", "de", "cpo", *WHY)
    assert output["state"] is None
    assert client.party("DE", "CPO") is None
    assert lines_of(log)[0]["before"]["address"] == cpo.address


@pytest.mark.usefixtures("listed_parties")
def test_a_stolen_id_is_reassigned_in_one_transaction(client, owner, operator, log, tmp_path):
    rightful = KeySigner.generate()
    claim = SetParty(country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address)
    file = tmp_path / "claim.json"
    file.write_text(client.sign(claim, rightful).to_json())
    output = owner("reassign", file, *WHY)
    assert len(output["hashes"]) == 1
    assert output["state"]["address"] == rightful.address
    assert client.party("DE", "CPO").address == rightful.address
    assert [each["change"] for each in lines_of(log)[-1]["changes"]] == [
        "PartyDeleted",
        "PartyReserved",
        "PartySet",
    ]


def test_a_request_that_claims_no_id_is_refused(client, command, keys, devnet, operator, tmp_path):
    file = tmp_path / "other.json"
    file.write_text(client.sign(SetNode(domain=URL), operator).to_json())
    key = keys[devnet.accounts[0].address]
    refused = command("owner", "reassign", file, *WHY, "-s", key, "--yes")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "does not claim an id" in refused.stderr


def test_the_registry_is_handed_over_and_accepted(
    client, owner, command, keys, done, cpo, devnet, log
):
    words = ("owner", "hand-over", cpo.address, "--without-code", "--log", log, "--yes")
    offered = command(*words, "-s", keys[devnet.accounts[0].address])
    assert offered.returncode == 0
    assert "next: the new owner accepts, with its key: ocn-registry owner accept" in offered.stderr
    shown = json.loads(done("owner", "show"))
    assert (shown["owner"], shown["pendingOwner"]) == (devnet.accounts[0].address, cpo.address)
    output = owner("accept", by=cpo)
    assert output["state"]["owner"] == cpo.address == client.owner.address()
    assert [each["what"] for each in lines_of(log)[::3]] == ["hand-over", "accept"]


def test_a_safe_gets_a_file_once_it_is_offered_the_registry(client, owner, command, deployment):
    early = command("owner", "safe-file")
    assert (early.returncode, early.stdout) == (2, "")
    owner("hand-over", deployment.permissions)  # has code, as a Safe has
    content = json.loads(command("owner", "safe-file").stdout)
    assert content["meta"]["createdFromSafeAddress"] == deployment.permissions
    assert content["transactions"][0]["to"] == deployment.registry


def test_an_address_without_code_is_refused_unless_allowed(command, keys, devnet, cpo, log):
    words = ("hand-over", cpo.address, "-s", keys[devnet.accounts[0].address], "--yes")
    refused = command("owner", *words, "--log", log)
    assert refused.returncode == 2
    assert "no code" in refused.stderr
    assert not log.exists()


@pytest.mark.usefixtures("listed_node")
def test_another_account_pays_nothing_and_logs_nothing(command, keys, operator, cpo, log):
    words = ("owner", "delete-node", operator.address, *WHY, "-s", keys[cpo.address], "--log", log)
    refused = command(*words, "--yes")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert not log.exists()


@pytest.mark.parametrize("reason", [(), ("--reason", "  "), ("--reason", "x" * 2001)])
def test_a_deletion_needs_a_reason(command, keys, devnet, operator, reason):
    words = ("owner", "delete-node", operator.address, *reason, "--yes")
    refused = command(*words, "-s", keys[devnet.accounts[0].address])
    assert refused.returncode == 2
    assert "reason" in refused.stderr


@pytest.mark.usefixtures("listed_node")
def test_nothing_is_sent_without_somebody_who_agrees(client, command, keys, devnet, operator, log):
    words = ("owner", "delete-node", operator.address, *WHY, "--log", log)
    words += ("-s", keys[devnet.accounts[0].address])
    assert command(*words).returncode == 2
    tried = command(*words, "--dry-run")
    assert json.loads(tried.stdout)["status"] == "dry run"
    for output in ("network", "contract", operator.address, "reason", "price", str(log), "dry run"):
        assert output in tried.stderr
    assert client.node(operator.address) is not None
    assert not log.exists()


def test_unlisted_entry_can_not_be_deleted(command, keys, devnet, cpo):
    key = keys[devnet.accounts[0].address]
    for words in (("delete-node", cpo.address), ("delete-party", "-c", "DE", "ABC")):
        assert command("owner", *words, *WHY, "-s", key, "--yes").returncode == 3


@pytest.mark.usefixtures("listed_node")
def test_the_log_is_readable_only_by_its_owner(client, command, owner, keys, devnet, operator, log):
    log.parent.mkdir()
    log.touch(mode=0o644)
    words = ("owner", "delete-node", operator.address, *WHY, "--log", log, "--yes")
    refused = command(*words, "-s", keys[devnet.accounts[0].address])
    assert refused.returncode == 2
    assert "chmod 600" in refused.stderr
    assert client.node(operator.address) is not None
    log.unlink()
    owner("delete-node", operator.address, *WHY)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.usefixtures("listed_node")
def test_a_truncated_line_does_not_affect_others(command, owner, operator, log):
    owner("delete-node", operator.address, *WHY)
    whole = log.read_text()
    log.write_text(whole + whole.splitlines()[0][:40])
    owner("hand-over", operator.address, "--without-code")
    assert log.read_text().startswith(whole)
    acts = json.loads(command("owner", "log", "--log", log).stdout)
    assert [(each["what"], each["status"]) for each in acts] == [
        ("delete-node", "done"),
        ("hand-over", "done"),
    ]


@pytest.mark.usefixtures("listed_node")
def test_the_log_is_in_the_users_state_unless_named(command, keys, devnet, operator, tmp_path):
    words = ("owner", "delete-node", operator.address, *WHY, "--yes")
    key = keys[devnet.accounts[0].address]
    finished = command(*words, "-s", key, XDG_STATE_HOME=str(tmp_path))
    assert finished.returncode == 0, finished.stderr
    log = tmp_path / "ocn-registry" / "owner.jsonl"
    assert lines_of(log)[-1]["status"] == "done"
    shown = command("owner", "log", XDG_STATE_HOME=str(tmp_path))
    assert [each["status"] for each in json.loads(shown.stdout)] == ["done"]


@pytest.mark.usefixtures("listed_node")
def test_unfinished_action_is_settled_later(command, keys, devnet, operator, log):
    key = keys[devnet.accounts[0].address]
    words = ("owner", "delete-node", operator.address, *WHY, "--log", log, "--yes", "-s", key)
    devnet.request("evm_setAutomine", False)
    try:
        assert command(*words, "--timeout", "0.2").returncode == 6
        devnet.request("evm_mine")
        devnet.request("evm_setAutomine", True)
        assert [each["status"] for each in lines_of(log)] == ["intended", "signed", "unknown"]
        settled = command("owner", "log", "--log", log, "--settle")
    finally:
        devnet.request("evm_setAutomine", True)
    (act,) = json.loads(settled.stdout)
    assert act["status"] == lines_of(log)[-1]["status"] == "done"
    assert "error" not in act
    assert act["blockNumber"] == int(devnet.request("eth_blockNumber"), 16)
    assert command(*words).returncode == 3


@pytest.mark.usefixtures("listed_node")
def test_the_same_action_again_waits_for_the_first_and_logs_the_same_outcome(
    command, devnet, keys, operator, log, monkeypatch
):
    """The first is mined after the plan of the third, which then finds another entry."""
    key = keys[devnet.accounts[0].address]
    words = ("owner", "delete-node", operator.address, *WHY, "--log", log, "--yes", "-s", key)
    waiting = cli_execute.Terminal.waiting

    def mined(*given):
        devnet.request("evm_mine")
        return waiting(*given)

    devnet.request("evm_setAutomine", False)
    try:
        for _ in range(2):
            assert command(*words, "--timeout", "0.2").returncode == 6
        monkeypatch.setattr(cli_execute.Terminal, "waiting", mined)
        done = command(*words)
    finally:
        devnet.request("evm_setAutomine", True)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)["hash"]
    logged = [(each["status"], each.get("transaction", sent)) for each in lines_of(log)]
    statuses = ["intended", "signed", "unknown"] * 2 + ["intended", "signed", "done"]
    assert logged == [(status, sent) for status in statuses]


@pytest.fixture
def overtaken(devnet, command, keys, log):
    """Run a command of the owner while somebody gets another call into the same block first."""

    def run(*words, by, data):
        call = {"from": by.address, "to": devnet.registry_address, "data": "0x" + data.hex()}
        call |= {"maxFeePerGas": hex(10**9), "maxPriorityFeePerGas": hex(10**9)}

        def overtake():
            give_up = time.monotonic() + 240
            while devnet.request("txpool_status")["pending"] == "0x0":
                assert time.monotonic() < give_up
                time.sleep(0.02)
            devnet.request("eth_sendTransaction", call)
            devnet.request("evm_mine")

        other = threading.Thread(target=overtake)
        devnet.request("evm_setAutomine", False)
        other.start()
        try:
            key = keys[devnet.accounts[0].address]
            return command("owner", *words, *WHY, "-s", key, "--log", log, "--yes")
        finally:
            other.join()
            devnet.request("evm_setAutomine", True)

    return run


@pytest.mark.usefixtures("listed_node")
def test_action_that_fails_in_its_block_is_logged_as_failed(overtaken, operator, log):
    """The operator leaves first, in the same block."""
    leaves = selector("deleteNode()")
    failed = overtaken("delete-node", operator.address, by=operator, data=leaves)
    assert (failed.returncode, failed.stdout) == (4, "")
    ended = lines_of(log)[-1]
    assert ended["status"] == "failed"
    assert operator.address in ended["error"]
    assert ended["transaction"] in failed.stderr


@pytest.mark.usefixtures("listed_parties")
def test_a_claim_that_was_cancelled_leaves_the_id_reserved(
    client, overtaken, devnet, operator, log, tmp_path
):
    """The thief no longer has it, it is reserved for the claimant, and the log says "in part"."""
    rightful = KeySigner.from_key(devnet.accounts[8].private_key)
    claim = SetParty(country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address)
    file = tmp_path / "claim.json"
    file.write_text(client.sign(claim, rightful).to_json())
    cancels = selector("invalidateNonce(uint256)") + (5).to_bytes(32)
    output = overtaken("reassign", file, by=rightful, data=cancels)
    assert output.returncode == 4, output.stderr
    assert json.loads(output.stdout)["status"] == lines_of(log)[-1]["status"] == "in part"
    assert client.party("DE", "CPO") is None
    assert client.reservation_of("DE", "CPO") == rightful.address


@pytest.mark.usefixtures("listed_parties")
def test_a_thief_who_leaves_and_sends_the_claim_early_harms_nobody(
    client, overtaken, devnet, deployment, cpo, operator, log, tmp_path
):
    """The holder already has the id, the claim is used up, and the thief wants it back."""
    rightful = KeySigner.from_key(devnet.accounts[8].private_key)
    intent = SetParty(
        country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address
    )
    claim = client.sign(intent, rightful)
    file = tmp_path / "claim.json"
    file.write_text(claim.to_json())
    early = dialect_of(deployment).write(
        (DeleteParty(), claim), each_alone=False, sender=cpo.address
    )
    output = overtaken("reassign", file, by=cpo, data=early.data)
    assert output.returncode == 0, output.stderr
    assert "without effect: SetParty" in output.stderr
    assert json.loads(output.stdout)["status"] == lines_of(log)[-1]["status"] == "done"
    assert client.party("DE", "CPO").address == rightful.address
    with pytest.raises(PartyIdTaken):
        client.send(intent, signer=cpo)


@pytest.mark.usefixtures("listed_parties")
def test_a_deletion_of_another_holder_is_reported(
    client, overtaken, devnet, deployment, cpo, operator, log
):
    """It takes the id from the holder at that time."""
    rightful = KeySigner.from_key(devnet.accounts[8].private_key)
    intent = SetParty(
        country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address
    )
    claim = client.sign(intent, rightful)
    early = dialect_of(deployment).write(
        (DeleteParty(), claim), each_alone=False, sender=cpo.address
    )
    output = overtaken(
        "delete-party", "-c", "DE", "CPO", "-a", cpo.address, by=cpo, data=early.data
    )
    assert output.returncode == 4, output.stderr
    assert f"{rightful.address} lost it" in output.stderr
    assert "owner reserve" in output.stderr
    assert json.loads(output.stdout)["status"] == lines_of(log)[-1]["status"] == "in part"


@pytest.mark.usefixtures("listed_parties")
def test_a_deletion_names_whose_party_is_meant(client, command, keys, devnet, cpo, emsp, log):
    words = ("owner", "delete-party", "-c", "DE", "CPO", *WHY, "--log", log, "--yes")
    key = keys[devnet.accounts[0].address]
    refused = command(*words, "-a", emsp.address, "-s", key)
    assert refused.returncode == 2, refused.stderr
    assert cpo.address in refused.stderr
    assert client.party("DE", "CPO").address == cpo.address
    assert command(*words, "-a", cpo.address, "-s", key).returncode == 0


@pytest.mark.usefixtures("listed_parties")
def test_a_thief_who_leaves_first_does_not_prevent_the_claim(
    client, overtaken, devnet, cpo, operator, log, tmp_path
):
    rightful = KeySigner.from_key(devnet.accounts[8].private_key)
    claim = SetParty(country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address)
    file = tmp_path / "claim.json"
    file.write_text(client.sign(claim, rightful).to_json())
    output = overtaken("reassign", file, by=cpo, data=selector("deleteParty()"))
    assert output.returncode == 0, output.stderr
    assert json.loads(output.stdout)["status"] == lines_of(log)[-1]["status"] == "done"
    assert client.party("DE", "CPO").address == rightful.address


@pytest.mark.usefixtures("listed_parties")
def test_an_id_with_a_new_holder_is_not_taken_away(
    client, command, keys, devnet, cpo, operator, log, monkeypatch
):
    rightful = KeySigner.from_key(devnet.accounts[8].private_key)
    claim = SetParty(country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address)

    def agrees(*_, **__):
        client.delete_party(signer=cpo)
        client.send(claim, signer=rightful)
        return True

    monkeypatch.setattr(cli_execute, "agreed", agrees)
    key = keys[devnet.accounts[0].address]
    words = ("delete-party", "-c", "DE", "CPO", *WHY, "-s", key, "--log", log)
    refused = command("owner", *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "has changed since it was shown" in refused.stderr
    assert client.party("DE", "CPO").address == rightful.address
    assert not log.exists()


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv.pop(1))
place = sys.argv.pop(1)
from ocn_registry.cli import main as command
from ocn_registry.transport import http_sync
from ocn_registry.protocol.effects import Send
def sends(effect):
    return isinstance(effect, Send) or any(map(sends, getattr(effect, "parts", ())))
def kill(effect, real):
    if not sends(effect):
        return real(effect)
    if place == "after":
        real(effect)
    os.kill(os.getpid(), signal.SIGKILL)
perform = http_sync.HttpTransport.perform
http_sync.HttpTransport.perform = lambda self, effect: kill(effect, lambda it: perform(self, it))
command.main(sys.argv[1:])
"""


@pytest.mark.usefixtures("listed_node")
@pytest.mark.parametrize("place", ["before", "after"])
def test_killed_at_the_send_nothing_is_lost(
    client, command, keys, devnet, operator, log, network_file, place
):
    key = keys[devnet.accounts[0].address]
    words = ["owner", "delete-node", operator.address, *WHY, "--log", str(log), "--yes"]
    program = [sys.executable, "-c", KILLED, str(ROOT), place, *words, "-s", key]
    own = os.environ | {"XDG_STATE_HOME": str(log.parent / "state")}
    killed = subprocess.run([*program, "--network-file", network_file], check=False, env=own)
    assert killed.returncode == -signal.SIGKILL
    intended, signed = lines_of(log)
    assert (intended["reason"], signed["status"]) == (WHY[1], "signed")
    assert (client.node(operator.address) is None) == (place == "after")
    (act,) = json.loads(command("owner", "log", "--log", log, "--settle").stdout)
    assert act["status"] == ("done" if place == "after" else "signed")
    assert act["begun"] == intended["at"]


def test_action_whose_number_was_taken_is_settled_as_failed(
    command, devnet, keys, operator, cpo, log, deployment
):
    """Actions on another registry are not shown."""
    boss = devnet.accounts[0].address
    number = int(devnet.request("eth_getTransactionCount", boss, "latest"), 16)
    act = {"id": "1", "at": "then", "status": "signed", "chainId": deployment.chain_id}
    act |= {"who": boss, "transaction": "0x" + "12" * 32, "nonce": number, "what": "delete-node"}
    log.parent.mkdir()
    log.touch(mode=0o600)
    log.write_text(json.dumps(act | {"contract": deployment.permissions}) + "\n")
    words = ("owner", "hand-over", cpo.address, "--without-code", "--dry-run", "--log", log)
    assert "have no outcome" not in command(*words, "-s", keys[boss]).stderr
    log.write_text(json.dumps(act | {"contract": deployment.registry}) + "\n")
    assert "1 logged actions have no outcome" in command(*words, "-s", keys[boss]).stderr
    settle = ("owner", "log", "--log", log, "--settle")
    assert json.loads(command(*settle).stdout)[0]["status"] == "signed"
    devnet.request("eth_sendTransactionSync", {"from": boss, "to": operator.address})
    (output,) = json.loads(command(*settle).stdout)
    assert output["status"] == lines_of(log)[-1]["status"] == "failed"
    assert str(number) in output["error"]


def test_action_of_a_timelock_that_waits_is_not_logged_as_failed_by_the_same_again(
    owner, command, devnet, operator, keys, log
):
    made = timelock(devnet, operator.address)
    owner("hand-over", made)
    words = ("owner", "schedule", made, "-s", keys[operator.address], "--log", log, "--yes")
    devnet.request("evm_setAutomine", False)
    try:
        for _ in range(2):
            assert command(*words, "--timeout", "0.2").returncode == 6
        devnet.request("evm_mine")
    finally:
        devnet.request("evm_setAutomine", True)
    assert [each["status"] for each in lines_of(log)[3:]] == ["intended", "signed", "unknown"] * 2
    settled = json.loads(command("owner", "log", "--log", log, "--settle").stdout)
    assert [each["status"] for each in settled] == ["done"] * 3


def test_a_timelock_accepts_in_its_own_two_steps(
    client, owner, command, devnet, operator, spender, tmp_path, keys, log
):
    made = timelock(devnet, operator.address)
    owner("hand-over", made)
    scheduled = owner("schedule", made, by=operator)
    assert (scheduled["status"], scheduled["state"]["acceptance"]) == ("done", "waiting")
    early = command("owner", "execute", made, "-s", keys[spender.address], "--log", log, "--yes")
    assert early.returncode == 4
    assert f"ready at {scheduled['state']['readyUnixS']}" in early.stderr
    pass_time(devnet, DELAY_S)
    output = owner("execute", made, by=spender)
    assert output["state"]["owner"] == made == client.owner.address()
    assert [each["what"] for each in lines_of(log)[::3]] == ["hand-over", "schedule", "execute"]


def test_a_safe_gets_a_file_for_its_timelock(owner, command, devnet, deployment):
    safe = deployment.permissions
    made = timelock(devnet, safe)
    owner("hand-over", made)
    assert command("owner", "safe-file", "--timelock", made).returncode == 2
    idle = command("owner", "safe-file", safe, "--delay", DELAY_S)
    assert (idle.returncode, idle.stdout) == (2, "")
    content = json.loads(command("owner", "safe-file", safe, "--timelock", made).stdout)
    assert content["transactions"][0]["to"] == made
    assert content["meta"]["createdFromSafeAddress"] == safe


@pytest.mark.usefixtures("listed_parties")
def test_a_safe_that_owns_the_registry_deletes_and_reassigns_by_files(
    client, owner, command, devnet, operator, log, tmp_path
):
    people = sorted((Account.create() for _ in range(3)), key=lambda one: int(one.address, 16))
    safe = safe_of(devnet, people)
    owner("hand-over", safe)
    accepts = command("owner", "safe-file").stdout
    assert execute(devnet, safe, people[:2], accepts)["status"] == "0x1"
    rightful = KeySigner.generate()
    claim = SetParty(country_code="DE", party_id="CPO", roles=[Role.CPO], operator=operator.address)
    file = tmp_path / "claim.json"
    file.write_text(client.sign(claim, rightful).to_json())
    for nonce, words in enumerate(
        (
            ("reassign", file),
            ("delete-party", "-c", "NL", "123"),
            ("delete-node", operator.address),
        ),
        start=1,
    ):
        made = command("owner", *words, *WHY, "--for-safe", "--log", log)
        assert made.returncode == 0, made.stderr
        done = execute(devnet, safe, people[:2], made.stdout, nonce=nonce)
        assert done["status"] == "0x1"
    assert client.party("DE", "CPO").address == rightful.address
    assert client.party("NL", "123") is None
    assert client.nodes() == ()
    last = lines_of(log)[-1]
    assert (last["status"], last["who"], last["reason"]) == ("intended", safe, WHY[1])


@pytest.mark.usefixtures("listed_node")
def test_a_file_for_a_safe_is_refused_where_none_owns_the_registry(command, operator, log):
    words = ("owner", "delete-node", operator.address, *WHY, "--for-safe", "--log", log)
    refused = command(*words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is not a Safe" in refused.stderr
    assert not log.exists()


@pytest.mark.usefixtures("listed_parties")
def test_a_reserved_id_is_taken_from_its_holder_and_kept(client, owner, cpo, emsp, log):
    output = owner("reserve", cpo.address, "-c", "nl", "123", *WHY)
    assert output["before"]["holder"] == emsp.address
    assert (output["state"]["holder"], output["state"]["reservedFor"]) == (None, cpo.address)
    assert client.party("NL", "123") is None
    assert client.reservation_of("NL", "123") == cpo.address
    assert lines_of(log)[-1]["what"] == "reserve"
    lifted = owner("reserve", "none", "-c", "NL", "123", *WHY)
    assert lifted["state"]["reservedFor"] is client.reservation_of("NL", "123") is None


@pytest.mark.usefixtures("listed_node")
def test_a_reserved_url_is_taken_from_its_operator_and_kept(client, owner, operator, cpo):
    output = owner("reserve", cpo.address, "--url", URL, *WHY)
    assert output["before"]["operator"] == operator.address
    assert client.node(operator.address) is None
    assert client.node_reservation_of(URL) == cpo.address


@pytest.mark.parametrize("words", [("-c", "NL", "123"), ("--url", URL)])
def test_reservation_that_stands_already_is_not_paid_again(
    client, owner, command, keys, devnet, log, cpo, words
):
    owner("reserve", cpo.address, *words, *WHY)
    payer, logged = devnet.accounts[0].address, lines_of(log)
    paid = client.transactions.spender(payer).balance_wei
    again = command("owner", "reserve", cpo.address, *words, *WHY, "-s", keys[payer], "--yes")
    assert again.returncode == 0, again.stderr
    output = json.loads(again.stdout)
    assert (output["status"], output["state"]["reservedFor"]) == ("unchanged", cpo.address)
    assert "nothing was signed or sent" in again.stderr
    assert client.transactions.spender(payer).balance_wei == paid
    assert lines_of(log) == logged


@pytest.mark.usefixtures("listed_parties")
def test_the_plan_of_a_reservation_names_who_alone_can_list_it_afterwards(
    command, keys, devnet, provider
):
    key = keys[devnet.accounts[0].address]
    for what, words in (("the id NL 123", ("-c", "NL", "123")), ("the URL ", ("--url", URL))):
        options = (*words, *WHY, "-s", key, "--yes", "--dry-run")
        plan = command("owner", "reserve", provider.address, *options)
        assert plan.returncode == 0, plan.stderr
        (line,) = [one for one in plan.stderr.splitlines() if one.startswith(f"ends      {what}")]
        assert f"only {provider.address} can" in line


def test_missing_reservation_can_not_be_lifted(command, keys, devnet):
    key = keys[devnet.accounts[0].address]
    refused = command("owner", "reserve", "none", "-c", "DE", "ABC", *WHY, "-s", key, "--yes")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "DE ABC is not reserved" in refused.stderr
