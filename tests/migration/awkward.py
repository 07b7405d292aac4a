"""A registry of the first generation with all that its contracts let happen."""

from types import SimpleNamespace

from ocn_registry import KeySigner, Module, RegistryClient, Role, connect
from ocn_registry.dialects import words
from ocn_registry.keccak import selector
from ocn_registry.models import ZERO_ADDRESS

NOBODYS = (words.uint(0), bytes(32), bytes(32))  # v, r, s that give the zero address
URL = "https://node.example"


def raw(devnet, to, signature, *arguments, sender):
    """Send what our client would not."""
    data = "0x" + (selector(signature) + words.join(*arguments)).hex()
    transaction = {"from": sender, "to": to, "data": data}
    devnet.request("anvil_setBalance", sender, hex(10**18))
    devnet.request("anvil_impersonateAccount", sender)
    receipt = devnet.request("eth_sendTransactionSync", transaction)
    assert receipt["status"] == "0x1"


def raw_party(devnet, sender, country_code, party_id, operator):
    raw(
        devnet,
        devnet.v1_deployment().registry,
        "setParty(bytes2,bytes3,uint8[],address)",
        words.fixed(country_code),
        words.fixed(party_id),
        words.uints([0]),
        words.address(operator),
        sender=sender,
    )


def raw_node(devnet, sender, url):
    to = devnet.v1_deployment().registry
    raw(devnet, to, "setNode(string)", words.text(url), sender=sender)


def fill(devnet):
    """Fill v1's registry; give who is who."""
    here = devnet.v1_deployment()
    people = "node shouting moved cpo emsp provider changer leaver lower odd renamed"
    who = SimpleNamespace(**{name: KeySigner.generate() for name in people.split(" ")})
    for signer in vars(who).values():
        devnet.request("anvil_setBalance", signer.address, hex(10**18))
    with connect(here) as client:
        assert isinstance(client, RegistryClient)
        client.set_node(URL, signer=who.node)
        raw_node(devnet, who.shouting.address, "HTTPS://Shout.Example/")
        raw_node(devnet, who.moved.address, "https://old.example")
        raw_node(devnet, who.moved.address, "https://new.example")
        for name, party_id, operator in (
            ("cpo", "CPO", who.node),
            ("emsp", "EMS", who.moved),
            ("provider", "SVC", who.node),
            ("changer", "CHG", who.shouting),
            ("leaver", "LEA", who.node),
        ):
            signer = getattr(who, name)
            client.set_party("DE", party_id, [Role.CPO], operator.address, signer=signer)
        client.set_party_modules([Module.TOKENS], [Module.CDRS], signer=who.emsp)
        raw_party(devnet, who.lower.address, b"de", b"cpo", who.node.address)
        raw_party(devnet, who.odd.address, b"\xff\x00", b"\x1b[\x00", who.node.address)
        raw_party(devnet, who.renamed.address, b"DE", b"AAA", who.node.address)
        raw_party(devnet, who.renamed.address, b"DE", b"BBB", who.node.address)
        _list_the_zero_address(devnet, who)
        client.set_service([3, 1], name="Roaming", url="https://s.example", signer=who.provider)
        client.set_service([1], name="Changing", signer=who.changer)
        client.set_service([1], name="Leaving", signer=who.leaver)
        raw(
            devnet,
            here.permissions,
            "setService(string,string,uint256[])",
            words.text("line\nbreak"),
            words.text(""),
            words.uints([7, 7]),
            sender=who.cpo.address,
        )
        for user in (who.cpo, who.emsp):
            for provider in (who.provider, who.changer, who.leaver):
                client.create_agreement(provider.address, signer=user)
        client.create_agreement(who.cpo.address, signer=who.emsp)
        client.revoke_agreement(who.provider.address, signer=who.cpo)
        client.set_service([1, 2], name="Changing", signer=who.changer)
        client.create_agreement(who.changer.address, signer=who.provider)
        client.delete_service(signer=who.leaver)
    return who


def _list_the_zero_address(devnet, who):
    here, sender = devnet.v1_deployment(), who.node.address
    zero = words.address(ZERO_ADDRESS)
    raw(
        devnet,
        here.registry,
        "setNodeRaw(address,string,uint8,bytes32,bytes32)",
        zero,
        words.text("https://evil.example"),
        *NOBODYS,
        sender=sender,
    )
    raw(
        devnet,
        here.registry,
        "setPartyRaw(address,bytes2,bytes3,uint8[],address,uint8,bytes32,bytes32)",
        zero,
        words.fixed(b"ZZ"),
        words.fixed(b"ZZZ"),
        words.uints([0]),
        words.address(who.node.address),
        *NOBODYS,
        sender=sender,
    )
    raw(
        devnet,
        here.permissions,
        "setServiceRaw(string,string,uint256[],uint8,bytes32,bytes32)",
        words.text("all"),
        words.text(""),
        words.uints([0]),
        *NOBODYS,
        sender=sender,
    )
