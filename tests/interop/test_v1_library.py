"""v1's published library, unmodified, works with our contracts as with v1's.

And the bridge, which is built on it, registers each of its roles once under one key.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ocn_registry.deploy.devnet import Devnet

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "dist" / "library.js"
SCRIPT = Path(__file__).with_name("v1_library.cjs")
URL, OTHER_URL = "https://node.example.org", "https://other.example.org:8080"
CPO, EMSP, OTHER = 0, 1, 5


@pytest.fixture(scope="module")
def chain():
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture(autouse=True)
def isolation(chain):
    snapshot = chain.request("evm_snapshot")
    yield
    chain.request("evm_revert", snapshot)


@pytest.fixture
def library(chain):
    """Perform calls of the library, each with contract, signer and arguments; return the
    results."""
    node = shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    host, _, port = chain.rpc_url.removeprefix("http://").partition(":")

    def perform(deployment, calls, **more):
        options = {
            "provider": {"host": host, "port": int(port)},
            "contracts": {
                "Registry": {"address": deployment.registry},
                "Permissions": {"address": deployment.permissions},
            },
        }
        wanted = [
            {"of": of, "signer": who and who.private_key, "method": method, "args": args} | more
            for of, who, method, *args in calls
        ]
        finished = subprocess.run(
            [node, SCRIPT, LIBRARY],
            input=json.dumps({"options": options, "calls": wanted}),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout.splitlines()[-1])

    return perform


def test_every_read_and_direct_write_gives_the_same_on_both_generations(chain, library):
    operator, other_operator, cpo, provider = chain.accounts[1:5]
    calls = [
        ("Registry", operator, "setNode", URL),
        ("Registry", other_operator, "setNode", OTHER_URL),
        ("Registry", None, "getNode", operator.address),
        ("Registry", None, "getAllNodes"),
        ("Registry", cpo, "setParty", "DE", "CPO", [CPO, EMSP], operator.address),
        ("Registry", provider, "setParty", "NL", "12A", [OTHER], operator.address),
        ("Registry", cpo, "setPartyModules", [0, 3], [6]),
        ("Registry", None, "getPartyByAddress", cpo.address),
        ("Registry", None, "getPartyByOcpi", "NL", "12A"),
        ("Registry", None, "getPartyByOcpi", "XX", "XXX"),
        ("Registry", None, "getAllParties"),
        ("Permissions", provider, "setService", "Routes", "https://s.example.org", [1, 6]),
        ("Permissions", None, "getService", provider.address),
        ("Permissions", None, "getAllServices"),
        ("Permissions", cpo, "createAgreement", provider.address),
        ("Permissions", None, "getUserAgreementsByAddress", cpo.address),
        ("Permissions", None, "getUserAgreementsByOcpi", "DE", "CPO"),
        ("Permissions", cpo, "revokeAgreement", provider.address),
        ("Permissions", None, "getUserAgreementsByAddress", cpo.address),
        ("Permissions", provider, "deleteService"),
        ("Permissions", None, "getService", provider.address),
        ("Registry", cpo, "deleteParty"),
        ("Registry", None, "getPartyByAddress", cpo.address),
        ("Registry", other_operator, "deleteNode"),
        ("Registry", None, "getNode", other_operator.address),
        ("Registry", None, "getAllNodes"),
    ]
    result = library(chain.v1_deployment(), calls)
    assert len(result) == len(calls)
    assert library(chain.deployment(), calls) == result


@pytest.fixture
def bridge(chain, library):
    """Start a bridge with several roles, and return its action for each.

    Source: ocn-bridge 1.1.0, `src/services/registration.service.ts`: for each role it asks at which
    node the id is listed, and sets the party if that is not the node that it connects to.
    """
    here = chain.deployment()
    platform = chain.accounts[3]

    def start(roles, operator, url):
        calls = [
            ("Registry", platform, "setParty", country_code, party_id, [role], operator.address)
            for country_code, party_id, role in roles
        ]
        return library(here, calls, unless={"operator": operator.address, "url": url})

    return start


def test_a_bridge_registers_each_of_its_roles_once_and_writes_nothing_at_the_next_start(
    chain, library, bridge
):
    operator, other_operator, platform = chain.accounts[1:4]
    here = chain.deployment()
    library(
        here,
        [
            ("Registry", operator, "setNode", URL),
            ("Registry", other_operator, "setNode", OTHER_URL),
        ],
    )
    roles = [("DE", "ABC", CPO), ("DE", "DEF", EMSP), ("FR", "ABC", OTHER)]
    assert bridge(roles, operator, URL) == ["sent"] * len(roles)
    assert bridge(roles, operator, URL) == ["kept"] * len(roles)

    def listed():
        questions = [("Registry", None, "getPartyByOcpi", *role[:2]) for role in roles]
        return library(here, questions)

    assert [one["address"] for one in listed()] == [platform.address] * len(roles)
    assert [one["roles"] for one in listed()] == [["CPO"], ["EMSP"], ["OTHER"]]
    # The platform moves to another node: each id follows, and no id is lost on the way.
    assert bridge(roles, other_operator, OTHER_URL) == ["sent"] * len(roles)
    assert bridge(roles, other_operator, OTHER_URL) == ["kept"] * len(roles)
    assert {one["node"]["url"] for one in listed()} == {OTHER_URL}
    # A lookup by address returns the account once, under the id that was set last.
    (everybody,) = library(here, [("Registry", None, "getAllParties")])
    assert [(one["countryCode"], one["partyId"]) for one in everybody] == [("FR", "ABC")]
