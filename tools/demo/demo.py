"""The registry's main task, on a development chain: `make demo`.

Two operators list their nodes. A charge point operator (CPO), an e-mobility service provider (eMSP)
and the provider of a service become parties: they sign, with keys that are created here and never
hold funds, and a spender pays. A route is looked up, and a request that comes twice is refused.

The output shows the chain's answers, not the requests.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Final, cast

import ocn_registry as ocn

if TYPE_CHECKING:
    from ocn_registry.deploy.devnet import Devnet
    from ocn_registry.outcomes import Change

NORTH_URL: Final = "https://north.example.org"
SOUTH_URL: Final = "https://south.example.org"
SERVICE_URL: Final = "https://smart.example.org/terms"

LABEL_WIDTH: Final = 13
LINE_WIDTH: Final = 100
INTERRUPTED: Final = 130  # 128 and SIGINT, as shells count

# Fees on Energy Web Chain are a few wei to about this much for a unit of gas.
HIGH_GAS_PRICE_WEI: Final = 100
WEI: Final = 10**18  # of one EWT


class Demo:
    """The demo: its accounts, and what they have paid."""

    def __init__(self, devnet: Devnet, registry: ocn.RegistryClient) -> None:
        """Choose who pays, and make keys for those who don't."""
        self.devnet = devnet
        self.registry = registry
        north, south, spender = (
            ocn.KeySigner.from_key(account.private_key) for account in devnet.accounts[1:4]
        )
        self.spender = spender
        self.payers: dict[str, ocn.Signer] = {"north": north, "south": south, "spender": spender}
        self.signers: dict[str, ocn.Signer] = {
            name: ocn.KeySigner.generate() for name in ("CPO", "eMSP", "provider")
        }
        self.names = {signer.address: name for name, signer in (self.payers | self.signers).items()}
        self.paid: dict[str, list[ocn.Outcome]] = {name: [] for name in self.payers}

    def tell(self) -> None:
        """Run all steps, and show them."""
        self.show_chain()
        self.list_nodes()
        request = self.register_parties()
        self.list_modules()
        self.offer_service()
        self.agree()
        self.show_route()
        self.send_again(request)
        self.show_bill()

    def show_chain(self) -> None:
        """Show the chain, and the accounts with their balances."""
        here = self.registry.deployment
        heading("A separate chain, with the rules of Energy Web Chain (London)")
        line("chain", f"{here.chain_id} at {self.devnet.rpc_url}")
        line("Registry", here.registry)
        line("Permissions", here.permissions)
        for name, signer in (self.payers | self.signers).items():
            line(name, f"{signer.address}  balance {coins(self.balance_wei(signer))}")

    def list_nodes(self) -> None:
        """List the nodes of two operators, in their own transactions."""
        heading("Two operators list their nodes; each pays for itself")
        for name, url in (("north", NORTH_URL), ("south", SOUTH_URL)):
            self.show(name, self.registry.set_node(url, signer=self.payers[name]))

    def register_parties(self) -> ocn.SignedRequest:
        """Register three parties by signed request; return the first request."""
        heading("Three parties register: each signs a request, the spender pays")
        north, south = self.payers["north"].address, self.payers["south"].address
        cpo = ocn.SetParty(country_code="DE", party_id="CPO", roles=(ocn.Role.CPO,), operator=north)
        emsp = ocn.SetParty(
            country_code="NL", party_id="MSP", roles=(ocn.Role.EMSP,), operator=south
        )
        provider = ocn.SetParty(
            country_code="DE", party_id="SCP", roles=(ocn.Role.SCSP,), operator=south
        )
        # On the party's machine. What leaves it is text, and the key is not in it.
        text = self.registry.sign(cpo, self.signers["CPO"]).to_json()
        show_request(text)
        # On the spender's machine.
        signed = self.registry.read_signed_request(text)
        self.show("spender", self.registry.submit(signed, spender=self.spender))
        self.pay_for("eMSP", emsp)
        self.pay_for("provider", provider)
        return signed

    def list_modules(self) -> None:
        """Set the OCPI modules of the three parties, in one transaction."""
        heading("They say which OCPI modules they have: three requests in one transaction")
        modules = {
            "CPO": ocn.SetPartyModules(
                sender=(ocn.Module.LOCATIONS, ocn.Module.SESSIONS, ocn.Module.CDRS),
                receiver=(ocn.Module.COMMANDS, ocn.Module.TOKENS),
            ),
            "eMSP": ocn.SetPartyModules(
                sender=(ocn.Module.COMMANDS, ocn.Module.TOKENS),
                receiver=(ocn.Module.LOCATIONS, ocn.Module.SESSIONS, ocn.Module.CDRS),
            ),
            "provider": ocn.SetPartyModules(receiver=(ocn.Module.COMMANDS,)),
        }
        signed = [
            self.registry.sign(intent, self.signers[name]) for name, intent in modules.items()
        ]
        self.show("spender", self.registry.submit(*signed, spender=self.spender))

    def offer_service(self) -> None:
        """Offer the provider's service."""
        heading("The provider offers a service, and says what it has to see")
        service = ocn.SetService(
            name="Smart charging",
            url=SERVICE_URL,
            permissions=(ocn.Permission.FORWARD_MODULE_COMMANDS_RECEIVER,),
        )
        self.pay_for("provider", service)

    def agree(self) -> None:
        """Agree to the service's permissions, as the eMSP."""
        heading("The eMSP looks at the service, and agrees to exactly what it needs")
        (service,) = self.registry.services()
        agreement = ocn.CreateAgreement(provider=service.provider, permissions=service.permissions)
        self.pay_for("eMSP", agreement)

    def show_route(self) -> None:
        """Look up the route of the eMSP's message, as its node does."""
        heading("NL MSP sends a command to DE CPO's receiver interface: what does its node do?")
        route = self.registry.route("DE", "CPO")
        if route is None or route.domain is None:
            raise LookupError("DE CPO was listed and can't be reached")
        line("forward", f"to {route.domain}, the node that {self.names[route.operator]} runs")
        line("operator", route.operator)
        for agreement in self.registry.agreements("NL", "MSP"):
            service = self.registry.service(agreement.provider)
            if service is not None and ocn.Permission.FORWARD_MODULE_COMMANDS_RECEIVER in (
                service.permissions
            ):
                copy = self.registry.route(service.id.country_code, service.id.party_id)
                where = copy.domain if copy else None
                line("copy", f"to {service.id} at {where}, for NL MSP agreed to that")
        nobody = self.registry.route("DE", "XYZ")
        line("DE XYZ", nobody or "no route: nobody holds this id")

    def send_again(self, signed: ocn.SignedRequest) -> None:
        """Send a request a second time."""
        heading("The first request is sent once more")
        before = self.balance_wei(self.spender)
        try:
            self.registry.submit(signed, spender=self.spender)
        except ocn.NonceMismatch as error:
            wrapped("refused", f"{type(error).__name__}: {error}")
        else:
            raise AssertionError("a request took effect twice")
        line("cost", f"{before - self.balance_wei(self.spender)} wei: nothing was sent")

    def show_bill(self) -> None:
        """Show who paid what."""
        heading("Who paid for the transactions")
        for name, outcomes in self.paid.items():
            gas = sum(outcome.gas_used for outcome in outcomes)
            wei = sum(outcome.cost_wei or 0 for outcome in outcomes)
            line(name, f"{len(outcomes)} sent, {gas:>7,} gas, {wei:>9,} wei")
        for name, signer in self.signers.items():
            count = int(cast("str", self.ask("eth_getTransactionCount", signer)), 16)
            line(name, f"{count} sent, balance {coins(self.balance_wei(signer))}")
        gas = sum(outcome.gas_used for outcomes in self.paid.values() for outcome in outcomes)
        cost = f"{gas * HIGH_GAS_PRICE_WEI / WEI:.12f} EWT"
        say(f"\n  At {HIGH_GAS_PRICE_WEI} wei for a unit of gas, all of it costs {cost}.")

    def pay_for(self, name: str, intent: ocn.SignableIntent) -> None:
        """Sign a request as one account, and send it as the spender."""
        signed = self.registry.sign(intent, self.signers[name])
        self.show("spender", self.registry.submit(signed, spender=self.spender))

    def ask(self, method: str, signer: ocn.Signer) -> object:
        """Return a number that the chain stores about an account."""
        return self.devnet.request(method, signer.address, "latest")

    def balance_wei(self, signer: ocn.Signer) -> int:
        """Return an account's balance."""
        return int(cast("str", self.ask("eth_getBalance", signer)), 16)

    def show(self, payer: str, outcome: ocn.Outcome) -> None:
        """Show what a transaction changed and cost, and remember who paid."""
        self.paid[payer].append(outcome)
        say()
        for change in outcome.changes:
            line(*self.described(change))
        line("transaction", outcome.tx_hash)
        price = f"{outcome.gas_used:,} gas at {outcome.gas_price_wei} wei"
        block = outcome.block.number
        line("block", f"{block}; {price}: {outcome.cost_wei:,} wei, paid by {payer}")

    def described(self, change: Change) -> tuple[str, str]:
        """Return the account of a changed entry, and its new state."""
        from ocn_registry import outcomes  # noqa: PLC0415 - Ctrl-C during imports is main's

        match change:
            case outcomes.NodeSet():
                return self.names[change.node.operator], f"runs {change.node.domain}"
            case outcomes.PartySet() if change.modules_sender or change.modules_receiver:
                sides = {"sends": change.modules_sender, "receives": change.modules_receiver}
                said = [
                    f"{verb} {' '.join(module.name.lower() for module in modules)}"
                    for verb, modules in sides.items()
                    if modules
                ]
                return self.names[change.address], "; ".join(said)
            case outcomes.PartySet():
                roles = " ".join(role.name for role in change.roles)
                node = f"at the node of {self.names[change.operator]}"
                return self.names[change.address], f"is {change.id}, {roles}, {node}"
            case outcomes.ServiceSet():
                needs = " ".join(ocn.Permission(number).name for number in change.permissions)
                return self.names[change.provider], f"offers {change.name}, needs {needs}"
            case outcomes.AgreementMade():
                what = f"version {change.version} of what {self.names[change.provider]} offers"
                return self.names[change.user], f"agreed to {what}"
            case _:
                raise AssertionError(f"unexpected change: {change}")


def show_request(text: str) -> None:
    """Show a request as it travels."""
    document = json.loads(text)
    say("\n  What leaves the CPO's machine (EIP-712 typed data as JSON, without its types):\n")
    for key in ("primaryType", "domain", "message", "signature"):
        value = json.dumps(document[key], indent=2).replace("\n", "\n    ")
        say(f'    "{key}": {value}')


def coins(wei: int) -> str:
    """Return an amount in the unit that reads best."""
    return f"{wei / WEI:,g} ether" if wei >= WEI else f"{wei:,} wei"


def say(text: str = "") -> None:
    """Print without buffering, so that a pipe's reader sees progress."""
    print(text, flush=True)


def heading(text: str) -> None:
    """Print a heading."""
    say(f"\n{text}\n{'-' * len(text)}")


def line(label: str, text: object) -> None:
    """Print a value with its label."""
    say(f"  {label:{LABEL_WIDTH}}{text}")


def wrapped(label: str, text: str) -> None:
    """Print a sentence with its label, wrapped."""
    import textwrap  # noqa: PLC0415

    first, *rest = textwrap.wrap(text, LINE_WIDTH - LABEL_WIDTH - 2)
    for part in ((label, first), *(("", other) for other in rest)):
        line(*part)


def run() -> None:
    """Run the demo on a development chain."""
    started = time.monotonic()
    from ocn_registry.deploy.devnet import Devnet  # noqa: PLC0415 - Ctrl-C during imports is main's

    with Devnet() as devnet, ocn.connect(devnet.deployment()) as registry:
        Demo(devnet, registry).tell()
    say(
        f"\nDone in {time.monotonic() - started:.1f} s. The chain is gone; nothing is left running."
    )


def main() -> int:
    """Run the demo; return 130 if it is interrupted, 1 if it can't run."""
    try:
        run()
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; the chain is gone, nothing is left running\n")
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough: `make demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ocn.OcnRegistryError as error:
        sys.stderr.write(f"\nthe demo can't continue: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
