"""Sign on the machine that has the key, send from the machine that has the money.

    ACCOUNT=0x...   python examples/sign_here_send_there.py prepare NETWORK request.json
    PARTY_KEY=...   python examples/sign_here_send_there.py sign NETWORK request.json signed.json
    SPENDER_KEY=... python examples/sign_here_send_there.py send NETWORK signed.json

NETWORK is `local`, `ewc`, `volta` or the path of a deployment file. `sign` asks no chain: it runs
on a machine that is on no network.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from ocn_registry import KeySigner, OcnRegistryError, SetNode, connect


def prepare(network: str, file: str) -> str:
    """Write what is to be signed, with the nonce that is next."""
    with connect(network) as registry:
        intent = SetNode(domain="https://node.example.org")
        request = registry.prepare(intent, os.environ["ACCOUNT"])
    Path(file).write_text(request.to_json(), encoding="utf-8")
    return f"have {request.account} sign {file}"


def sign(network: str, file: str, signed_file: str) -> str:
    """Say what is asked for, and sign it."""
    with connect(network) as registry:
        request = registry.read_request(Path(file).read_text(encoding="utf-8"))
    print(f"{request.account} wants {request.intent}, until {request.deadline_unix_s}")
    signed = request.sign(KeySigner.from_env("PARTY_KEY"))
    Path(signed_file).write_text(signed.to_json(), encoding="utf-8")
    return f"send {signed_file} to whoever pays"


def send(network: str, signed_file: str) -> str:
    """Look at what came, then pay for it."""
    with connect(network) as registry:
        signed = registry.read_signed_request(Path(signed_file).read_text(encoding="utf-8"))
        registry.verify(signed)
        outcome = registry.submit(signed, spender=KeySigner.from_env("SPENDER_KEY"))
    return f"{outcome.tx_hash}: {outcome.changes[0]}"


if __name__ == "__main__":
    steps: dict[str, Callable[..., str]] = {"prepare": prepare, "sign": sign, "send": send}
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in steps:
        sys.exit(__doc__)
    try:
        print(steps[sys.argv[1]](*sys.argv[2:]))
    except OcnRegistryError as error:
        sys.exit(f"{type(error).__name__}: {error}")
