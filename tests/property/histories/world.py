"""The world of histories: a chain with both contracts, one pair open and one importing."""

from collections import Counter
from dataclasses import dataclass, field

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.evm.keccak import keccak256
from ocn_registry.models import Address
from ocn_registry.testing.codec import encode
from ocn_registry.testing.model import Call

from .chain import Chain, Mined, Transaction
from .people import ADDRESSES, ANCIENT, OWNER, WALLET, WALLET_CODE
from .views import INTERFACES

# Of the last but one term, and near its end.
ANCIENT_NONCE = 65_534 << 32 | 2**32 - 3


@dataclass(frozen=True)
class Pair:
    """Both contracts on the chain, and how they were deployed."""

    registry: Address
    permissions: Address
    import_open: bool
    deployed: tuple[Mined, Mined]


@dataclass
class World:
    """A chain with contracts of both kinds, open and importing; every history begins there."""

    chain: Chain
    bytecodes: dict[str, bytes] = field(
        default_factory=lambda: {
            name: artifact("v3", name).bytecode for name in ("Registry", "Permissions")
        },
        repr=False,
    )
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    histories: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        self.chain.request("anvil_setCode", WALLET, WALLET_CODE)
        for address in ADDRESSES:
            self.chain.request("anvil_setBalance", address, hex(10**24))
        self.pairs = {is_open: self._deploy(import_open=is_open) for is_open in (False, True)}
        for pair in self.pairs.values():
            for contract in (pair.registry, pair.permissions):
                self._make_ancient(contract)
        self._snapshot = self.chain.snapshot()

    def begin(self) -> None:
        """Forget the last history."""
        self.chain.revert(self._snapshot)
        self._snapshot = self.chain.snapshot()
        self.histories += 1

    def _deploy(self, *, import_open: bool) -> Pair:
        def create(name: str, first: Address) -> Mined:
            code = self.bytecodes[name] + encode("(address,bool)", (first, import_open))
            mined, _ = self.chain.mine([Transaction(OWNER, None, code)], self.chain.time + 1, [])
            return mined[0]

        registry = create("Registry", OWNER)
        permissions = create("Permissions", registry.created)
        deployed = (registry, permissions)
        return Pair(registry.created, permissions.created, import_open, deployed)

    def _make_ancient(self, contract: Address) -> None:
        """Write a nonce near its end into the account's slot: in its word, or alone."""
        wanted = hex(ANCIENT_NONCE)
        for base in range(20):
            slot = "0x" + keccak256(encode("(address,uint256)", (ANCIENT, base))).hex()
            for value in (ANCIENT_NONCE << 192, ANCIENT_NONCE & (1 << 32) - 1):
                self.chain.request("anvil_setStorageAt", contract, slot, f"0x{value:064x}")
                data = INTERFACES["OCN Registry"].calldata(Call("nonces", (ANCIENT,)))
                answer = self.chain.request(
                    "eth_call", {"to": contract, "data": "0x" + data.hex()}, "latest"
                )
                if int(answer, 16) == ANCIENT_NONCE:
                    return
                self.chain.request("anvil_setStorageAt", contract, slot, "0x" + "00" * 32)
        raise AssertionError(f"no slot of this account holds the nonce {wanted}")
