"""v1's writes, direct and raw, for both generations of the contracts."""

import json
import sys

import pytest

from ocn_registry import Permission
from ocn_registry.errors import RpcRefused
from ocn_registry.plans import write as writing
from ocn_registry.plans.current_entries import CurrentEntries

URL = "https://node.example.org"
NEEDS = ("FORWARD_ALL_SENDER", "FORWARD_MODULE_CDRS_RECEIVER")


@pytest.fixture(params=["direct", "raw"])
def write(request, done, keys, spender):
    """Run a command that writes, in either form, and return the state that it prints."""

    def run(name, *words, by):
        who = ["-s", keys[by.address]]
        if request.param == "raw":
            name, who = f"{name}-raw", [*who, "-x", keys[spender.address]]
        result = json.loads(done(name, *words, *who))
        payer = spender if request.param == "raw" else by
        assert (result["status"], result["spender"]) == ("done", payer.address)
        (state,) = result["state"]
        return state

    return run


def test_nodes_and_parties_are_written(client, write, operator, cpo):
    assert write("set-node", URL, by=operator) == {"operator": operator.address, "url": URL}
    party = ("-c", "de", "123", "-r", "CPO", "EMSP", "-o", operator.address)
    assert write("set-party", *party, by=cpo)["roles"] == ["CPO", "EMSP"]
    modules = ("--si", "cdrs", "locations", "--receiver-interface", "tokens")
    expected = {"sender": ["cdrs", "locations"], "receiver": ["tokens"]}
    assert write("set-party-modules", *modules, by=cpo)["modules"] == expected
    assert write("set-party-modules", by=cpo)["modules"] == {"sender": [], "receiver": []}
    assert client.party("DE", "123").address == cpo.address
    assert write("delete-party", by=cpo) is None
    assert write("delete-node", by=operator) is None
    assert (client.nodes(), client.parties()) == ((), ())


def test_a_write_succeeds_even_if_the_final_state_can_not_be_read(
    client, command, keys, operator, monkeypatch
):
    class Lagging(CurrentEntries):
        def node(self, account):
            if self._block is not None:
                raise RpcRefused("eth_call", -32000, "header not found")
            return super().node(account)

    monkeypatch.setattr(writing, "CurrentEntries", Lagging)
    finished = command("set-node", URL, "-s", keys[operator.address])
    assert finished.returncode == 0
    assert json.loads(finished.stdout)["state"] == [None]
    assert "it is done, but its result can't be read" in finished.stderr
    assert client.node(operator.address).domain == URL


@pytest.mark.usefixtures("listed_parties")
def test_services_and_agreements_are_written(client, write, cpo, provider):
    service = ("--name", "123", "--url", "https://s.example.org", "--permissions", *NEEDS)
    state = write("set-service", *service, by=provider)
    assert (state["name"], state["permissions"]) == ("123", list(NEEDS))
    expected = {"user": cpo.address, "provider": provider.address, "active": True}
    assert expected.items() <= write("set-agreement", provider.address, by=cpo).items()
    assert [each.provider for each in client.agreements(cpo.address)] == [provider.address]
    write("revoke-agreement", provider.address, by=cpo)
    assert client.agreements(cpo.address) == ()
    assert write("delete-service", by=provider) is None
    assert client.service(provider.address) is None


def test_write_of_several_transactions_reports_each(client, listed_node, command, keys):
    words = ("set-node", "https://other.example.org", "--dry-run", "-s", keys[listed_node.address])
    output = command(*words)
    assert output.returncode == 0
    several = not client.limits.signed_updates_keep_the_rest
    assert ("it takes 2 transactions" in output.stderr) is several


def test_aliases_of_v1_work(client, listed_parties, done, keys, cpo, spender):
    done("set-modules", "--si", "tokens", "-s", keys[cpo.address])
    done(
        "set-modules-raw", "--ri", "tokens", SIGNER=keys[cpo.address], SENDER=keys[spender.address]
    )
    assert client.party(cpo.address).modules_receiver != ()


PROGRAM = """
import json, sys
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
key = sys.argv[1]
asked = json.load(sys.stdin)
account, params = Account.from_key(key), asked["params"]
if asked["method"] == "eth_accounts":
    print(json.dumps([account.address]))
elif asked["method"] == "eth_signTypedData_v4":
    print("0x" + account.sign_message(encode_typed_data(full_message=params[1])).signature.hex())
elif asked["method"] == "personal_sign":
    signed = account.sign_message(encode_defunct(hexstr=params[0]))
    print(json.dumps({"result": "0x" + signed.signature.hex()}))
else:
    sys.exit("no transactions here")
"""


def test_a_program_signs_and_another_pays(client, done, command, keys, operator, spender, tmp_path):
    file = tmp_path / "wallet.py"
    file.write_text(PROGRAM)
    wallet = f"command:{sys.executable} {file} {keys[operator.address]}"
    done("set-node-raw", URL, "-s", wallet, "-x", keys[spender.address])
    assert client.node(operator.address).domain == URL
    refused = command("delete-node", "-s", wallet)
    assert refused.returncode == 2
    assert "refused eth_signTransaction" in refused.stderr


def test_permissions_that_v1_misnamed_get_the_right_name(command):
    finished = command("set-service", "-p", "FORWARD_SENDER", "-s", "env:X")
    assert finished.returncode == 2
    assert "did you mean FORWARD_ALL_SENDER?" in finished.stderr
    assert Permission.FORWARD_ALL_SENDER.name in finished.stderr


@pytest.mark.parametrize("deployment", ["v3"], indirect=True)
@pytest.mark.usefixtures("listed_parties")
def test_an_account_with_several_ids_has_to_name_one(client, command, done, operator, cpo, keys):
    key = ("-s", keys[cpo.address])
    added = command(*["set-party", "-c", "DE", "ABD", "-r", "EMSP", "-o"], operator.address, *key)
    assert "adds      DE ABD; DE CPO stays" in added.stderr
    assert "ends" not in added.stderr
    done("set-website", "https://www.example.org", "-c", "DE", "CPO", "-y", *key)
    assert client.party("DE", "CPO").website == "https://www.example.org"
    assert command("delete-party", *key).returncode == 4  # which one?
    done("delete-party", "-c", "de", "abd", *key)
    assert [str(each.id) for each in client.parties_of(cpo.address)] == ["DE CPO"]
    done("set-website", "none", "-c", "DE", "CPO", "-y", *key)
    assert client.party("DE", "CPO").website is None
