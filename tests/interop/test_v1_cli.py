"""v1's published command line, unmodified, works with our contracts as with v1's.

Each test runs one command against each generation of the contracts, with what it needs put there
by direct writes, and has one expectation for both: what the command prints, and what the registry
then answers. `--network-file` tells the command where the contracts are; the ABI is its own.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from eth_abi import decode, encode

from ocn_registry.deploy.devnet import Devnet, DevnetError
from ocn_registry.evm.keccak import selector

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "dist" / "cli.js"
TIMEOUT_S = 240

URL, OTHER_URL = "https://node.example.org", "https://other.example.org:8080"
NAME, SERVICE_URL = "Smart charging", "https://smart.example.org/terms"
CPO, EMSP = 0, 1
CDRS, LOCATIONS, TOKENS = 0, 3, 6
ALL_SENDER, ALL_RECEIVER = 1, 2

PARTY_TYPES = "bytes2,bytes3,uint8[],uint8[],uint8[],address,string"


@pytest.fixture(scope="module")
def chain():
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture(autouse=True)
def isolation(chain):
    snapshot = chain.request("evm_snapshot")
    yield
    chain.request("evm_revert", snapshot)


@pytest.fixture(scope="module")
def operator(chain):
    return chain.accounts[1]


@pytest.fixture(scope="module")
def other_operator(chain):
    return chain.accounts[2]


@pytest.fixture(scope="module")
def cpo(chain):
    return chain.accounts[3]


@pytest.fixture(scope="module")
def provider(chain):
    return chain.accounts[4]


@pytest.fixture(scope="module")
def emsp(chain):
    return chain.accounts[5]


class Contracts:
    """One generation of the contracts: direct writes and reads, without our package."""

    def __init__(self, chain, deployment):
        self.chain = chain
        self.registry = deployment.registry
        self.permissions = deployment.permissions

    def write(self, account, to, signature, *values):
        types = signature.partition("(")[2].removesuffix(")")
        data = selector(signature) + encode(types.split(",") if types else [], values)
        transaction = {"from": account.address, "to": to, "data": "0x" + data.hex()}
        assert self.chain.request("eth_sendTransactionSync", transaction)["status"] == "0x1"

    def read(self, to, signature, returned, *values):
        types = signature.partition("(")[2].removesuffix(")")
        data = selector(signature) + encode(types.split(",") if types else [], values)
        answer = self.chain.request("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
        decoded = decode(returned.split(","), bytes.fromhex(answer[2:]))
        return decoded[0] if len(decoded) == 1 else decoded

    def list_node(self, account, url=URL):
        self.write(account, self.registry, "setNode(string)", url)

    def list_party(self, account, party_id, roles, operator):
        values = (b"DE", party_id, roles, operator.address)
        self.write(account, self.registry, "setParty(bytes2,bytes3,uint8[],address)", *values)

    def list_modules(self, account, sender, receiver):
        self.write(account, self.registry, "setPartyModules(uint8[],uint8[])", sender, receiver)

    def list_service(self, account, permissions=(ALL_SENDER, ALL_RECEIVER)):
        values = (NAME, SERVICE_URL, permissions)
        self.write(account, self.permissions, "setService(string,string,uint256[])", *values)

    def agree(self, account, provider):
        self.write(account, self.permissions, "createAgreement(address)", provider.address)

    def node(self, account):
        return self.read(self.registry, "getNode(address)", "string", account.address)

    def party(self, account):
        view = "getPartyDetailsByAddress(address)"
        return self.read(self.registry, view, PARTY_TYPES, account.address)

    def service(self, account):
        returned = "bytes2,bytes3,string,string,uint256[]"
        return self.read(self.permissions, "getService(address)", returned, account.address)

    def agreed(self, account, provider):
        values = (account.address, provider.address)
        view = "hasUserAgreementByAddress(address,address)"
        return self.read(self.permissions, view, "bool", *values)


@pytest.fixture(params=["v3", "v1"])
def contracts(request, chain):
    here = chain.deployment() if request.param == "v3" else chain.v1_deployment()
    return Contracts(chain, here)


class Answer:
    """The command's output, without its first line, and its exit code."""

    def __init__(self, finished, url):
        first, _, self.text = finished.stdout.partition("\n")
        assert first == f"connecting to {url}"
        self.status = finished.returncode
        self.errors = finished.stderr

    @property
    def line(self):
        assert (self.status, self.errors) == (0, "")
        return self.text.removesuffix("\n")

    @property
    def json(self):
        return json.loads(self.line)

    @property
    def tx_hash(self):
        return re.search(r"\bhash:\s*'(0x[0-9a-f]{64})'", self.line)[1]


@pytest.fixture(scope="module")
def node():
    """Find Node.js: the machine's, or the one of `make setup`."""
    return shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def command(chain, contracts, node, tmp_path):
    """Run v1's published command."""
    host, _, port = chain.rpc_url.removeprefix("http://").partition(":")
    network = {
        "provider": {"host": host, "port": int(port)},
        "contracts": {
            "Registry": {"address": contracts.registry},
            "Permissions": {"address": contracts.permissions},
        },
    }
    file = tmp_path / "network.json"
    file.write_text(json.dumps(network))
    environment = {k: v for k, v in os.environ.items() if k not in {"SIGNER", "SPENDER"}}

    def run(*arguments, signer=None, spender=None):
        for name, account in (("signer", signer), ("spender", spender)):
            if account:
                arguments += (f"--{name}", account.private_key)
        finished = subprocess.run(
            [node, COMMAND, *arguments, "--network-file", file],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            env=environment,
        )
        return Answer(finished, chain.rpc_url)

    return run


@pytest.fixture
def written(chain, command):
    """Run a command that writes, and check that its printed transaction succeeded."""

    def run(*arguments, signer, to):
        receipt = chain.request(
            "eth_getTransactionReceipt", command(*arguments, signer=signer).tx_hash
        )
        assert receipt["status"] == "0x1"
        assert receipt["from"] == signer.address.lower()
        assert receipt["to"] == to.lower()

    return run


@pytest.fixture
def listed_node(contracts, operator):
    contracts.list_node(operator)
    return operator


@pytest.fixture
def listed_parties(contracts, listed_node, cpo, provider, emsp):
    contracts.list_party(cpo, b"CPO", [CPO], listed_node)
    contracts.list_party(provider, b"SRV", [CPO, EMSP], listed_node)
    contracts.list_party(emsp, b"MSP", [EMSP], listed_node)
    return cpo, provider, emsp


@pytest.fixture
def listed_service(contracts, listed_parties):
    _, provider, _ = listed_parties
    contracts.list_service(provider)


def printed_party(account, party_id, roles, operator, *, sender=(), receiver=()):
    return {
        "countryCode": "DE",
        "partyId": party_id,
        "address": account.address,
        "roles": roles,
        "modules": {"sender": list(sender), "receiver": list(receiver)},
        "node": {"operator": operator.address, "url": URL},
    }


def printed_service(account):
    return {
        "name": NAME,
        "url": SERVICE_URL,
        "permissions": ["FORWARD_ALL_SENDER", "FORWARD_ALL_RECEIVER"],
        "provider": {"address": account.address, "countryCode": "DE", "partyId": "SRV"},
    }


def test_set_node_lists_the_origin_of_the_url(contracts, written, operator):
    written("set-node", f"{URL}/ocpi/", signer=operator, to=contracts.registry)
    assert contracts.node(operator) == URL


@pytest.mark.usefixtures("listed_node")
def test_set_node_refuses_a_url_of_another_operator(contracts, command, other_operator):
    assert command("set-node", URL, signer=other_operator).status != 0
    assert contracts.node(other_operator) == ""


@pytest.mark.usefixtures("listed_node")
def test_get_node_prints_the_url(command, operator):
    assert command("get-node", operator.address).line == URL


def test_get_node_reports_a_missing_node(command, operator):
    assert command("get-node", operator.address).line == "Node operator not listed in registry."


@pytest.mark.usefixtures("listed_node")
def test_list_nodes_prints_all_nodes(contracts, command, operator, other_operator, cpo):
    contracts.list_node(cpo, "https://gone.example.org")
    contracts.list_node(other_operator, OTHER_URL)
    contracts.write(cpo, contracts.registry, "deleteNode()")
    assert command("list-nodes").json == [
        {"operator": operator.address, "url": URL},
        {"operator": other_operator.address, "url": OTHER_URL},
    ]


@pytest.mark.usefixtures("listed_node")
def test_delete_node_removes_it(contracts, written, operator):
    written("delete-node", signer=operator, to=contracts.registry)
    assert contracts.node(operator) == ""


@pytest.mark.usefixtures("listed_node")
def test_set_party_lists_it(contracts, written, operator, cpo):
    credentials = ("--credentials", "de", "cpo")  # the command makes them capital letters
    roles = ("--roles", "CPO", "EMSP", "--operator", operator.address)
    written("set-party", *credentials, *roles, signer=cpo, to=contracts.registry)
    node = (operator.address.lower(), URL)
    assert contracts.party(cpo) == (b"DE", b"CPO", (), (), (CPO, EMSP), *node)


@pytest.mark.parametrize("by", ["address", "credentials"])
@pytest.mark.usefixtures("listed_parties")
def test_get_party_prints_it(contracts, command, operator, cpo, by):
    contracts.list_modules(cpo, [LOCATIONS], [CDRS, TOKENS])
    named = {"address": [cpo.address], "credentials": ["DE", "CPO"]}[by]
    modules = {"sender": ["locations"], "receiver": ["cdrs", "tokens"]}
    expected = printed_party(cpo, "CPO", ["CPO"], operator, **modules)
    assert command("get-party", f"--{by}", *named).json == expected


def test_get_party_reports_a_missing_party(command):
    answer = command("get-party", "-c", "DE", "XYZ")
    assert answer.line == "OCPI Party not listed in registry."


def test_list_parties_prints_all_parties(contracts, command, listed_parties, operator):
    cpo, provider, emsp = listed_parties
    contracts.write(emsp, contracts.registry, "deleteParty()")
    assert command("list-parties").json == [
        printed_party(cpo, "CPO", ["CPO"], operator),
        printed_party(provider, "SRV", ["CPO", "EMSP"], operator),
    ]


@pytest.mark.usefixtures("listed_parties")
def test_set_modules_replaces_them(contracts, written, cpo):
    contracts.list_modules(cpo, [TOKENS], [])
    modules = ("--si", "cdrs", "locations", "--ri", "tokens")
    written("set-modules", *modules, signer=cpo, to=contracts.registry)
    assert contracts.party(cpo)[2:4] == ((CDRS, LOCATIONS), (TOKENS,))


@pytest.mark.usefixtures("listed_parties")
def test_delete_party_removes_it(contracts, written, cpo):
    written("delete-party", signer=cpo, to=contracts.registry)
    nobody = (b"\0\0", b"\0\0\0")
    assert contracts.party(cpo)[:2] == nobody


@pytest.mark.usefixtures("listed_parties")
def test_set_service_offers_it(contracts, written, provider):
    text = ("--name", NAME, "--url", SERVICE_URL)
    needs = ("--permissions", "FORWARD_ALL_SENDER", "FORWARD_ALL_RECEIVER")
    written("set-service", *text, *needs, signer=provider, to=contracts.permissions)
    expected = (b"DE", b"SRV", NAME, SERVICE_URL, (ALL_SENDER, ALL_RECEIVER))
    assert contracts.service(provider) == expected


@pytest.mark.usefixtures("listed_service")
def test_get_service_prints_it(command, provider):
    assert command("get-service", provider.address).json == printed_service(provider)


def test_get_service_reports_a_missing_service(command, cpo):
    assert command("get-service", cpo.address).line == "Provider has no Service listed"


@pytest.mark.usefixtures("listed_service")
def test_list_services_prints_all(command, provider):
    assert command("list-services").json == [printed_service(provider)]


@pytest.mark.usefixtures("listed_service")
def test_delete_service_removes_it(contracts, written, provider):
    written("delete-service", signer=provider, to=contracts.permissions)
    assert contracts.service(provider)[2:] == ("", "", ())


@pytest.mark.usefixtures("listed_service")
def test_set_agreement_makes_it(contracts, written, provider, emsp):
    written("set-agreement", provider.address, signer=emsp, to=contracts.permissions)
    assert contracts.agreed(emsp, provider)


@pytest.mark.parametrize("by", ["address", "credentials"])
@pytest.mark.usefixtures("listed_service")
def test_get_agreements_prints_the_services(contracts, command, provider, emsp, by):
    contracts.agree(emsp, provider)
    named = {"address": [emsp.address], "credentials": ["DE", "MSP"]}[by]
    assert command("get-agreements", f"--{by}", *named).json == [printed_service(provider)]


@pytest.mark.usefixtures("listed_service")
def test_get_agreements_omits_revoked_ones(contracts, command, provider, emsp):
    contracts.agree(emsp, provider)
    contracts.write(emsp, contracts.permissions, "revokeAgreement(address)", provider.address)
    assert command("get-agreements", "-a", emsp.address).json == []


@pytest.mark.usefixtures("listed_service")
def test_revoke_agreement_ends_it(contracts, written, provider, emsp):
    contracts.agree(emsp, provider)
    written("revoke-agreement", provider.address, signer=emsp, to=contracts.permissions)
    assert not contracts.agreed(emsp, provider)


@pytest.mark.parametrize("contracts", ["v3"], indirect=True)
def test_v1s_signed_writes_are_refused_by_ours(contracts, command, operator, cpo):
    """They have no nonce or deadline, so no function of ours accepts them."""
    assert command("set-node-raw", URL, signer=operator, spender=cpo).status != 0
    assert contracts.node(operator) == ""


def test_network_local_of_the_command_is_a_devnet_with_v1(node):
    """Port 8544 and the addresses are what the command has built in."""
    try:
        devnet = Devnet(port=8544, with_v1=True)
        devnet.start()
    except DevnetError as error:
        pytest.skip(str(error))
    with contextlib.closing(devnet):
        operator = devnet.accounts[1]
        Contracts(devnet, devnet.v1_deployment()).list_node(operator)
        arguments = [node, COMMAND, "get-node", operator.address]
        finished = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert finished.stdout == f"connecting to http://localhost:8544\n{URL}\n"
