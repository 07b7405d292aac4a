"""What users write, and checkers accept."""

import asyncio

from ocn_registry import (
    Address,
    AsyncExternalSigner,
    AsyncRegistryClient,
    Contract,
    CreateAgreement,
    Deployment,
    Ensured,
    ExternalSigner,
    Interface,
    InvalidInput,
    KeySigner,
    Module,
    Node,
    Outcome,
    OutcomeUnknown,
    Party,
    Permission,
    Quote,
    RegistryClient,
    Role,
    Route,
    SetParty,
    SignedRequest,
    Signer,
    WriteOptions,
    connect,
    connect_async,
    contract_errors,
    outcomes,
)


def read(registry: RegistryClient) -> tuple[Node, ...]:
    route: Route | None = registry.route("DE", "ABC")
    if route is not None and route.domain is not None:
        print(route.domain.upper(), route.operator)
    party: Party | None = registry.party("DE", "ABC")
    if party:
        print(party.roles[0].name, party.id.country_code, party.implements(Module.CDRS))
    cpos = registry.parties(role=Role.CPO, module=Module.CDRS, interface=Interface.SENDER)
    print([party.address for party in cpos], registry.services(permission=Permission.FORWARD_ALL))
    print(registry.nonce("0x12", Contract.PERMISSIONS) + 1)
    return registry.nodes(block=12)


def write(registry: RegistryClient, signer: Signer, spender: KeySigner) -> Outcome:
    intent = SetParty(country_code="DE", party_id="ABC", roles=[Role.CPO], operator="0x12")
    signed: SignedRequest = registry.sign(intent, signer)
    try:
        return registry.submit(signed, spender=spender, options=WriteOptions(confirmations=3))
    except contract_errors.PartyIdTaken as error:
        print(error.party, error.tx_hash)
        raise
    except OutcomeUnknown as error:
        print(error.tx_hash)
        raise
    except InvalidInput as error:
        raise ValueError(str(error)) from error


def price(registry: RegistryClient, signed: SignedRequest, payer: Address) -> int:
    options = WriteOptions(on_wait=lambda stand, needed: print(needed - stand))
    quote: Quote = registry.quote(signed, payer=payer, options=options)
    print(registry.nodes(on_read=lambda read, total: print(f"{read} of {total}")))
    return quote.cost_wei // quote.gas


async def price_elsewhere(registry: AsyncRegistryClient, signed: SignedRequest) -> Quote:
    return await registry.quote(signed, payer="0x12")


def ensure(registry: RegistryClient, signer: KeySigner) -> bool:
    ensured: Ensured = registry.ensure.party(
        "DE", "ABC", [Role.CPO], signer.address, modules_sender={Module.CDRS}, signer=signer
    )
    if ensured.outcome:
        for change in ensured.outcome.changes:
            if isinstance(change, outcomes.PartySet):
                print(change.id, change.modules_sender)
    return ensured.status == "unchanged"


def agree(registry: RegistryClient, signer: KeySigner) -> None:
    registry.send(
        CreateAgreement(provider="0x12", permissions=[Permission.FORWARD_ALL, 40]),
        signer=signer,
        cancel_signed=True,
    )


def elsewhere(document: dict[str, object]) -> str:
    return str(document)


async def service(document: dict[str, object]) -> bytes:
    await asyncio.sleep(0)
    return str(document).encode()


signers: list[Signer] = [
    KeySigner.generate(),
    ExternalSigner("0x12", sign_typed_data=elsewhere),
]


async def resolve(registry: AsyncRegistryClient) -> Address | None:
    route = await registry.route("DE", "ABC")
    signer = AsyncExternalSigner("0x12", sign_typed_data=service)
    await registry.set_node("https://a.example", signer=signer)
    await registry.set_node("https://a.example", signer=KeySigner.generate())
    return route.operator if route else None


async def main(deployment: Deployment) -> None:
    async with connect_async(deployment) as registry:
        print(await resolve(registry))


with connect("volta", rpc_urls=["https://rpc.example"]) as client:
    print(read(client), client.limits.replayable)
