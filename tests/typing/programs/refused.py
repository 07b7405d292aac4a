"""What checkers refuse, in each line that says so and in no other."""

import ocn_registry
from ocn_registry import (
    AsyncExternalSigner,
    AsyncRegistryClient,
    Contract,
    Ensured,
    ExternalSigner,
    KeySigner,
    RegistryClient,
    Role,
    SetNode,
    SetParty,
    WriteOptions,
    connect,
)


def names(registry: RegistryClient, signer: KeySigner) -> None:
    registry.get_node("0x12")  # refused
    print(ocn_registry.Registry)  # refused
    print(Role.CSO)  # refused
    registry.set_node(url="https://a.example", signer=signer)  # refused
    connect("volta", rpc_url="https://rpc.example")  # refused
    print(ocn_registry.contract_errors.DomainStolen)  # refused
    print(signer.private_key)  # refused


def types(registry: RegistryClient, signer: KeySigner) -> None:
    print(registry.route("DE", "ABC").domain)  # refused
    registry.node(12)  # refused
    registry.set_node("https://a.example", signer="0x4c08")  # refused
    registry.set_node("https://a.example", signer)  # refused
    registry.set_node("https://a.example")  # refused
    SetNode("https://a.example")  # refused
    SetParty(country_code="DE", party_id=123, roles=[Role.CPO], operator="0x12")  # refused
    SetParty(country_code="DE", party_id="ABC", roles=["CPO"], operator="0x12")  # refused
    registry.parties(role="CPO")  # refused
    registry.nonce("0x12", "registry")  # refused
    registry.submit(registry.prepare(SetNode(domain="a"), "0x12"), spender=signer)  # refused
    registry.sign(ocn_registry.CloseImport(contract=Contract.REGISTRY), signer)  # refused
    WriteOptions(gas="100000")  # refused
    text: str = registry.nodes()  # refused
    print(text)


def changed(registry: RegistryClient, intent: SetNode, ensured: Ensured) -> bool:
    intent.domain = "https://b.example"  # refused
    for node in registry.nodes():
        node.domain = ""  # refused
    print(ensured.outcome.tx_hash)  # refused
    return ensured.status == "done"  # refused


async def service(document: dict[str, object]) -> bytes:
    return str(document).encode()


def device(message: bytes) -> bytes:
    return message


def signers(registry: RegistryClient) -> None:
    waits = AsyncExternalSigner("0x12", sign_typed_data=service)
    registry.set_node("https://a.example", signer=waits)  # refused
    ExternalSigner("0x12", sign_typed_data=device)  # refused
    ExternalSigner("0x12", sign_message=service)  # refused


async def forgotten(registry: AsyncRegistryClient) -> None:
    print((await registry.nodes()).domain)  # refused
    print(registry.owner.address().lower())  # refused
