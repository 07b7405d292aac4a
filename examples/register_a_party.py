"""Register a party whose key holds no money: it signs, and another account pays.

    PARTY_KEY=... SPENDER_KEY=... python examples/register_a_party.py NETWORK DE ABC [OPERATOR]

NETWORK is `local`, `ewc`, `volta` or the path of a deployment file. Without OPERATOR the first node
that is listed is taken. Run again, it finds that nothing is to be done, and costs nothing.
"""

import sys

from ocn_registry import KeySigner, Module, OcnRegistryError, Role, connect


def main(network: str, country_code: str, party_id: str, operator: str | None = None) -> str:
    """List the party, and print the result."""
    party, spender = KeySigner.from_env("PARTY_KEY"), KeySigner.from_env("SPENDER_KEY")
    with connect(network) as registry:
        if operator is None:
            nodes = registry.nodes()
            if not nodes:
                return "no node is listed: name an operator that is going to run one"
            operator = nodes[0].operator
        ensured = registry.ensure.party(
            country_code,
            party_id,
            [Role.CPO],
            operator,
            modules_sender=[Module.LOCATIONS, Module.CDRS],
            signer=party,
            spender=spender,
        )
        cost = f"; it cost {ensured.outcome.cost_wei} wei" if ensured.outcome else ""
        route = registry.route(country_code, party_id)
        return f"{ensured.status}: {party.address} is reached at {route and route.domain}{cost}"


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    try:
        print(main(*sys.argv[1:]))
    except OcnRegistryError as error:
        sys.exit(f"{type(error).__name__}: {error}")
