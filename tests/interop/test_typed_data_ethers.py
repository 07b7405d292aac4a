"""Our requests and ethers: the same hashes, and accepted signatures.

Each test's documents go through one Node.js process.
"""

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from ocn_registry import (
    AcceptAccount,
    AcceptController,
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    KeySigner,
    Module,
    MoveAccount,
    RevokeAgreement,
    Role,
    SetController,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
)
from ocn_registry.dialects import dialect_of
from ocn_registry.models import Address
from ocn_registry.networks import built_in
from ocn_registry.signing import MAX_LIFETIME_S, recover

ROOT = Path(__file__).parents[2]
DIALECT = dialect_of(built_in("local"))
CASES = 200
TIMEOUT_S = 120

# A wallet: each job is [document, key]; its answer is the document with the wallet's signature, and
# the hash that it signed.
PROGRAM = """
const { TypedDataEncoder, Wallet } = require("ethers");
(async () => {
  let input = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
  const answers = [];
  for (const [document, key] of JSON.parse(input)) {
    const { EIP712Domain, ...types } = document.types;
    const signature = await new Wallet(key).signTypedData(document.domain, types, document.message);
    const hash = TypedDataEncoder.hash(document.domain, types, document.message);
    answers.push({ document: { ...document, signature }, hash });
  }
  process.stdout.write(JSON.stringify(answers));
})();
"""


def ethers(jobs):
    done = subprocess.run(
        ["node", "-e", PROGRAM],  # noqa: S607 - `make` puts the right one on PATH
        input=json.dumps(jobs),
        cwd=ROOT,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    return json.loads(done.stdout)


def draws(seed):
    """Yield requests of all kinds with the keys that sign them: for each run the same but for the
    latest deadline, which is as late as anything is signed for.
    """
    some = random.Random(seed)  # noqa: S311 - no secret
    latest = int(time.time()) + MAX_LIFETIME_S

    def address():
        return Address.from_bytes(some.randbytes(20))

    def members(kind, least=0):
        return some.sample(list(kind), some.randint(least, len(kind)))

    def permissions():
        return [some.choice([some.randrange(64), some.getrandbits(256)]) for _ in range(3)]

    def ids():
        return {"country_code": "DE", "party_id": some.choice(["007", "1E2", "ABC"])}

    def text():
        return "".join(chr(some.choice([65, 0xE4, 0x20AC, 0x1F50C, 0x3042])) for _ in range(8))

    kinds = [
        lambda: SetNode(domain=f"https://{some.randrange(10**9)}.example"),
        DeleteNode,
        lambda: SetParty(
            country_code="DE",
            party_id=some.choice(["007", "1E2", "ABC"]),
            roles=members(Role, 1),
            operator=address(),
        ),
        lambda: SetPartyModules(**ids(), sender=members(Module), receiver=members(Module)),
        lambda: SetPartyWebsite(**ids(), website=some.choice(["", "https://cpo.example"])),
        lambda: DeleteParty(**ids()),
        lambda: MoveAccount(new_account=address()),
        lambda: SetController(controller=address()),
        lambda: AcceptAccount(account=address()),
        lambda: AcceptController(account=address()),
        lambda: SetService(name=text(), url="", permissions=[some.randrange(64)]),
        DeleteService,
        lambda: CreateAgreement(provider=address(), permissions=[some.randrange(64)]),
        lambda: RevokeAgreement(provider=address()),
        lambda: InvalidateNonce(
            contract=some.choice(list(Contract)), new_nonce=some.getrandbits(256)
        ),
    ]
    for place in range(CASES):
        key = some.randbytes(32)
        signer = KeySigner.from_key(key)
        nonce, deadline = some.getrandbits(32), some.choice([0, some.randrange(2**30), latest])
        intent = kinds[place % len(kinds)]()
        yield (
            "0x" + key.hex(),
            signer,
            DIALECT.request(intent, signer.address, nonce=nonce, deadline_unix_s=deadline),
        )


@pytest.fixture(scope="module")
def signed_by_ethers():
    drawn = list(draws(1))
    return drawn, ethers([[request.document(), key] for key, _, request in drawn])


def test_hashes_and_signatures_are_those_of_ethers(signed_by_ethers):
    for (_, signer, request), answer in zip(*signed_by_ethers, strict=True):
        assert "0x" + request.payload.digest().hex() == answer["hash"]
        assert request.sign(signer).document() == answer["document"]


def test_request_signed_by_ethers_is_read_with_the_right_signer(signed_by_ethers):
    for (_, signer, request), answer in zip(*signed_by_ethers, strict=True):
        read = DIALECT.read_request(json.dumps(answer["document"]))
        assert read.request == request
        assert recover(request.payload.digest(), read.signature) == signer.address


def test_document_with_numbers_and_lower_case_addresses_is_read(signed_by_ethers):
    """The same payload in other wallets' form has the same hash, and is read."""
    drawn, _ = signed_by_ethers
    jobs = []
    for key, _, request in drawn:
        document = json.loads(request.to_json())
        document["domain"]["chainId"] = int(document["domain"]["chainId"])
        document["domain"]["verifyingContract"] = document["domain"]["verifyingContract"].lower()
        document["message"]["nonce"] = int(document["message"]["nonce"])
        jobs.append([document, key])
    for (_, signer, request), answer in zip(drawn, ethers(jobs), strict=True):
        read = DIALECT.read_request(json.dumps(answer["document"]))
        assert read == request.sign(signer)
