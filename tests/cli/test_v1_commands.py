"""The table of docs/v1-commands.md, run from top to bottom."""

import re
import shlex
from pathlib import Path

import pytest

from ocn_registry import DeleteParty, KeySigner, Permission, Role, SetNode, SetParty, SetService
from ocn_registry.models import Address

TABLE = Path(__file__).parents[2] / "docs" / "v1-commands.md"
ROW = re.compile(r"\| `(.+?)` \| (.+?) \| (\d) \| `(.+?)` \| (.+?) \|")
KINDS = ("as written", "accepted alias", "fixed", "wrong in v1")

# Keys of v1's README.
SIGNER, SIGNER_KEY = (
    Address("0xEada1b2521115e07578DBD9595B52359E9900104"),
    "0xbe367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd",
)
SPENDER, SPENDER_KEY = (
    "0xf6FB6C4301b57Fea3818BcE734754227C6807BDC",
    "0x2f0810c5fc949c846ff64edb26b0b00ca28effaffb9ac867a7b9256c034fe849",
)
OTHER_SIGNERS = (
    "0x6672d7B72986f9FAD187312B25ca7eE337Df3314",
    "0xF5496a3DF2A2FB5094b90c31363dC75EC0D70F78",
)
OPERATOR = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"


def rows():
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| `")]
    found = [ROW.fullmatch(line) for line in lines]
    assert lines
    assert all(found)
    return [row.groups() for row in found]


@pytest.fixture
def world(client, fresh):
    """Give the accounts of v1's README money, and its operator a node, a party and a service."""
    for account in (SIGNER, SPENDER, *OTHER_SIGNERS, OPERATOR):
        fresh.request("anvil_setBalance", account, hex(10**18))
    fresh.request("anvil_impersonateAccount", OPERATOR)
    for intent in (
        SetNode(domain="https://node.ocn.org"),
        SetParty(country_code="CH", party_id="SRV", roles=(Role.OTHER,), operator=OPERATOR),
        SetService(name="Payment", permissions=(Permission.FORWARD_ALL,)),
    ):
        write = client._dialect.write((intent,), each_alone=False)
        transaction = {"from": OPERATOR, "to": write.to, "data": "0x" + write.data.hex()}
        assert fresh.request("eth_sendTransactionSync", transaction)["status"] == "0x1"


def held(client, expected):
    """Return what the signer has, in the words of the table."""
    if "node" in expected:
        node = client.node(SIGNER)
        return f"a node at `{node.domain}`" if node else "no node"
    if "service" in expected:
        service = client.service(SIGNER)
        return f"the service {service.name}" if service else "no service"
    if "agreement" in expected:
        return "an agreement" if client.agreements(SIGNER) else "no agreement"
    party = client.party(SIGNER)
    if "modules" in expected:
        both = (party.modules_sender, party.modules_receiver)
        names = [", ".join(module.name.lower() for module in side) or "none" for side in both]
        return f"the modules {' / '.join(names)}"
    roles = party and ", ".join(role.name for role in party.roles)
    return f"the party {party.id} as {roles}" if party else "no party"


def give_up_all_ids_but_one(client):
    """Keep the one id that v1's contracts would have kept: there, a new id replaces the former."""
    for party in client.parties_of(SIGNER)[1:]:
        gone = DeleteParty(country_code=party.id.country_code, party_id=party.id.party_id)
        client.send(gone, signer=KeySigner.from_key(SIGNER_KEY))


@pytest.mark.usefixtures("world")
def test_the_table_matches_v1s_commands(client, command):
    for line, kind, code, prints, expected in rows():
        assert kind.startswith(KINDS), line
        if line == "delete-party":
            give_up_all_ids_but_one(client)
        finished = command(*shlex.split(line), SIGNER=SIGNER_KEY, SENDER=SPENDER_KEY)
        assert finished.returncode == int(code), (line, finished.stderr)
        assert prints in (finished.stderr if kind.startswith("wrong") else finished.stdout), line
        assert held(client, expected) == expected, line


def test_the_table_has_every_command_of_v1():
    """v1's commands are those that its `dist/cli.js` defines."""
    root = TABLE.parents[1] / "node_modules" / "@shareandcharge" / "ocn-registry" / "dist"
    source = (root / "cli.js").read_text()
    names = re.findall(r'\.command\((?:\[)?"([a-z-]+)', source)
    aliases = {"set-party-modules": "set-modules", "set-party-modules-raw": "set-modules-raw"}
    output = {shlex.split(line)[0] for line, *_ in rows()}
    assert {aliases.get(name, name) for name in names} <= output
