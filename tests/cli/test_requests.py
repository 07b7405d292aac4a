"""Signing apart from paying: three machines, files between."""

import json

import pytest

from ocn_registry import KeySigner

URL = "https://node.example.org"


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def signed(done, keys, operator, tmp_path):
    """Prepare and sign a request, and return its file."""

    def make(*words, by=operator):
        number = len(list(tmp_path.glob("request*")))
        request, file = tmp_path / f"request{number}.json", tmp_path / f"signed{number}.json"
        request.write_text(done("request", "prepare", *words, "-a", by.address))
        file.write_text(done("request", "sign", request, "-y", SIGNER=keys[by.address]))
        return file

    return make


def test_a_request_travels_from_who_signs_to_who_pays(
    client, signed, done, keys, operator, spender
):
    file = signed("set-node", URL)
    (shown,) = json.loads(done("request", "show", file))
    assert (shown["account"], shown["signed"]) == (operator.address, True)
    assert shown["change"] == f"list its node under {URL}"
    assert json.loads(done("request", "verify", file))[0]["valid"] is True
    result = json.loads(done("request", "submit", file, "-x", keys[spender.address], "--yes"))
    assert (result["status"], result["spender"]) == ("done", spender.address)
    assert client.node(operator.address).domain == URL


def test_a_pipe_carries_a_request(client, done, keys, operator, spender):
    request = done("request", "prepare", "set-node", URL, "--account", operator.address)
    signed = done("request", "sign", "-", "--yes", stdin=request, SIGNER=keys[operator.address])
    done("request", "submit", "-", "--yes", stdin=signed, SPENDER=keys[spender.address])
    assert client.node(operator.address).domain == URL


def test_many_requests_are_one_transaction(
    client, listed_node, signed, done, keys, cpo, emsp, spender
):
    at = ("-r", "CPO", "-o", listed_node.address)
    files = [
        signed("set-party", "-c", "DE", party_id, *at, by=by)
        for by, party_id in ((cpo, "AAA"), (emsp, "BBB"))
    ]
    result = json.loads(done("request", "submit", *files, "-y", "-x", keys[spender.address]))
    assert [state["partyId"] for state in result["state"]] == ["AAA", "BBB"]
    assert len(result["hashes"]) == 1


def test_valid_requests_of_several_take_effect(
    client, listed_node, signed, command, keys, cpo, emsp, spender
):
    at = ("-c", "DE", "AAA", "-r", "CPO", "-o", listed_node.address)
    files = [signed("set-party", *at, by=by) for by in (cpo, emsp)]
    finished = command("request", "submit", *files, "-y", "-x", keys[spender.address])
    assert finished.returncode == 4
    assert json.loads(finished.stdout)["status"] == "without effect in part"
    assert "without effect: register DE AAA" in finished.stderr
    assert client.party("DE", "AAA").address == cpo.address


@pytest.mark.parametrize("option", ["--passphrase-file", "--spender-passphrase-file"])
def test_a_keystore_pays(client, signed, done, keys, spender, tmp_path, option):
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("a passphrase\n")
    signer = KeySigner.from_key(keys[spender.address])
    signer.to_keystore(tmp_path / "keystore", lambda: "a passphrase")
    key = f"keystore:{tmp_path / 'keystore'}"
    words = ("request", "submit", signed("set-node", URL), "-y", "-x", key, option, secret)
    assert json.loads(done(*words))["spender"] == spender.address


def test_nothing_is_paid_unless_somebody_agrees(client, signed, command, keys, spender):
    finished = command("request", "submit", signed("set-node", URL), "-x", keys[spender.address])
    assert finished.returncode == 2
    assert "--yes" in finished.stderr
    assert client.nodes() == ()


def test_a_request_that_was_used_is_refused(client, signed, done, command, keys, spender):
    file = signed("set-node", URL)
    submit = ("request", "submit", file, "-y", "-x", keys[spender.address])
    done(*submit)
    finished = command(*submit)
    assert (finished.returncode, finished.stdout) == (4, "")
    assert "the next nonce of" in finished.stderr
    assert command("request", "verify", file).returncode == 4


@pytest.mark.parametrize("batch", [False, True])
def test_request_that_the_contract_would_refuse_is_not_valid(
    client, listed_node, signed, done, command, keys, cpo, emsp, batch, tmp_path
):
    at = ("-r", "CPO", "-o", listed_node.address)
    files = [signed("set-party", "-c", "DE", "AAA", *at, by=emsp)] if batch else []
    request = done("request", "prepare", "set-party", "-c", "DE", "BBB", *at, "-a", cpo.address)
    small = tmp_path / "small.json"
    small.write_text(request.replace('"DE"', '"de"'))
    files.append(tmp_path / "small-signed.json")
    files[-1].write_text(done("request", "sign", small, "-y", SIGNER=keys[cpo.address]))
    finished = command("request", "verify", *files)
    assert (finished.returncode, finished.stdout) == (4, "")
    assert "country" in finished.stderr
    taken = signed("set-node", client.node(listed_node.address).domain, by=cpo)
    assert command("request", "verify", taken).returncode == 4


def test_a_cancelled_request_is_refused(client, signed, done, command, keys, operator, spender):
    file = signed("set-node", URL)
    done("request", "cancel", "-s", keys[operator.address], "-x", keys[spender.address], "--yes")
    finished = command("request", "submit", file, "-y", "-x", keys[spender.address])
    assert finished.returncode == 4
    assert client.nodes() == ()


def test_preparing_and_signing_need_no_chain(anywhere, operator, keys, tmp_path):
    nowhere = ("--rpc-url", "http://127.0.0.1:9")
    limits = ("--nonce", "0", "--valid-for", "12h")
    words = ("set-node", URL, "-a", operator.address, *limits, *nowhere)
    prepared = anywhere("request", "prepare", *words)
    assert prepared.returncode == 0, prepared.stderr
    key = keys[operator.address]
    signed = anywhere("request", "sign", "-", "-y", *nowhere, stdin=prepared.stdout, SIGNER=key)
    assert signed.returncode == 0, signed.stderr
    assert json.loads(signed.stdout)["signature"].startswith("0x")


def test_what_is_not_a_request_is_reported(client, command, keys, operator, tmp_path):
    other = KeySigner.generate()
    (tmp_path / "other.json").write_text('{"a": 1}')
    for words, says in (
        (("show", "missing.json"), "there is no request"),
        (("show", tmp_path / "other.json"), "wrong keys"),
        (("prepare", "set-node", URL, "-a", "me"), "not a valid address"),
        (
            ("prepare", "set-node", URL, "-a", other.address, "--valid-for", "1y"),
            "not a valid time",
        ),
    ):
        finished = command("request", *words)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert says in finished.stderr


@pytest.mark.usefixtures("client")
def test_a_request_of_another_account_is_not_signed(done, command, keys, operator, cpo):
    request = done("request", "prepare", "delete-node", "-a", operator.address)
    finished = command("request", "sign", "-", "-y", stdin=request, SIGNER=keys[cpo.address])
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "account's own key" in finished.stderr
