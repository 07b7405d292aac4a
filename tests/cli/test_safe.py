"""A Safe as controller on the command line: with documents, and with a program that signs for
it."""

import json
import stat
import sys
from pathlib import Path

import pytest
from safes import signature_of

from ocn_registry import KeySigner, Role

WEBSITE = "https://www.example.org"
CLIENTS = str(Path(__file__).resolve().parents[1] / "client")
# Answers like a wallet, for a Safe whose owners' keys it has.
PROGRAM = """#!{python}
import json, sys
sys.path.insert(0, {folder!r})
question = json.load(sys.stdin)
if question["method"] == "eth_accounts":
    print(json.dumps([{safe!r}]))
else:
    from eth_account import Account
    from eth_account.messages import _hash_eip191_message, encode_typed_data
    from safes import signature_of
    digest = _hash_eip191_message(encode_typed_data(full_message=question["params"][1]))
    owners = [Account.from_key(key) for key in {keys!r}]
    print("0x" + signature_of({safe!r}, digest, owners).hex())
"""


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def party(client, listed_node, cpo):
    client.set_party("DE", "ABC", [Role.CPO], listed_node.address, signer=cpo)
    return cpo


@pytest.fixture
def pays(keys, spender):
    return ("-x", keys[spender.address], "--yes")


@pytest.fixture
def by_safe(done, travelling, safe, owners):
    """Sign the hash that `request show` prints, with the Safe."""

    def sign(file, *, accepts=False):
        (shown,) = json.loads(done("request", "show", file))
        digest = (shown["acceptance"] if accepts else shown)["digest"]
        signature = signature_of(safe, bytes.fromhex(digest[2:]), owners[:2])
        words = ("--acceptance",) if accepts else ()
        return travelling("sign", file, "--signature", "0x" + signature.hex(), *words)

    return sign


def test_a_safe_becomes_controller_and_signs_by_documents(
    client, done, command, travelling, by_safe, party, safe, keys, pays
):
    account = party.address

    def submit(file):
        done("request", "verify", file)
        done("request", "submit", file, *pays)

    file = travelling("prepare", "set-controller", safe, "-a", account)
    submit(by_safe(travelling("sign", file, "--yes", "-s", keys[account]), accepts=True))
    assert client.controller_of(account) == safe

    refused = command("set-website", WEBSITE, "-c", "DE", "ABC", "-s", keys[account], "--yes")
    assert refused.returncode == 4
    assert safe in refused.stderr
    submit(by_safe(travelling("prepare", "set-website", WEBSITE, "-c", "DE", "ABC", "-a", account)))
    assert client.party("DE", "ABC").website == WEBSITE

    new = KeySigner.generate()
    file = by_safe(travelling("prepare", "move-account", new.address, "-a", account))
    submit(travelling("sign", file, "--yes", "-s", "env:NEW", NEW="0x" + new._key.secret.hex()))
    assert client.party("DE", "ABC").address == new.address
    assert client.controller_of(new.address) == safe

    submit(by_safe(travelling("prepare", "set-controller", "none", "-a", new.address)))
    assert client.controller_of(new.address) == new.address


@pytest.fixture
def program(tmp_path, safe, owners):
    """Write a program that signs for the Safe, and return its reference for the command line."""
    file = tmp_path / "safe-signer"
    signing = [owner.key.hex() for owner in owners[1:]]
    text = PROGRAM.format(python=sys.executable, folder=CLIENTS, safe=safe, keys=signing)
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return f"contract:{file}"


def test_a_safe_signs_in_every_command_through_a_program(
    client, done, command, party, safe, program, keys, pays, listed_node
):
    account = party.address
    done("identity", "controller", program, "-s", keys[account], *pays)
    assert client.controller_of(account) == safe

    controls = ("-a", account, "--controller", program)
    done("set-website-raw", WEBSITE, "-c", "DE", "ABC", *controls, *pays, "-y")
    assert client.party("DE", "ABC").website == WEBSITE
    further = ("-c", "FR", "ABC", "-r", "CPO", "-o", listed_node.address)
    done("set-party-raw", *further, *controls, *pays)
    assert len(client.parties_of(account)) == 2

    unpaid = command("set-website", "none", "-c", "DE", "ABC", *controls, "--yes")
    assert unpaid.returncode == 2
    assert f"{safe} is a contract and can't pay: name a --spender" in unpaid.stderr

    new = KeySigner.generate()
    secret = "0x" + new._key.secret.hex()
    done("identity", "rotate", "--to", "env:NEW", *controls, *pays, NEW=secret)
    assert {one.address for one in client.parties_of(new.address)} == {new.address}
    assert client.controller_of(new.address) == safe
    done("leave", "-a", new.address, "--controller", program, *pays)
    assert client.parties_of(new.address) == ()
