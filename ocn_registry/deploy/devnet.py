"""A development chain: Anvil at London rules, with the contracts at fixed addresses.

```python
with Devnet() as devnet:
    print(devnet.rpc_url, devnet.registry_address)
```

Every devnet has the same accounts and contract addresses: those of `networks/local.json`, and for
v1's contracts, if requested, those of `networks/local-v1.json`, where v1's published command looks
for them. The system chooses a free port unless you pass one. Fees are like Energy Web's, with a
base fee of 7 wei. It ends with the `with` block, or with this process, however that ends (see
`anvil.py`).
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, cast

from ocn_registry import networks
from ocn_registry.deploy.anvil import Anvil, DevnetError
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.evm import abi
from ocn_registry.models import Address
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from ocn_registry.networks import Deployment

_MNEMONIC: Final = "test test test test test test test test test test test junk"

# The first accounts of the mnemonic that every Ethereum tool uses for tests.
_ACCOUNTS: Final = """
0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
0x70997970C51812dc3A010C7d01b50e0d17dc79C8 59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d
0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC 5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a
0x90F79bf6EB2c4f870365E785982E1f101E93b906 7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6
0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65 47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a
0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc 8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba
0x976EA74026E726554dB657fA54763abd0C3a0aa9 92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e
0x14dC79964da2C08b23698B3D3cc7Ca32193d9955 4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356
0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97
0xa0Ee7A142d267C1f36714E4a8F75612F20a79720 2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6
"""  # noqa: E501 - a table

# The first account of the mnemonic in v1's repository. Its third and fourth transactions deployed
# the contracts that v1's published package calls `local`.
_V1_DEPLOYER: Final = Address("0x627306090abaB3A6e1400e9345bC60c78a8BEf57")
_V1_DEPLOYER_NONCE: Final = 2
_V1_DEPLOYER_WEI: Final = 10_000 * 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetAccount:
    """A funded account on development chains, whose private key is public.

    Attributes:
        address: Its address.
        private_key: 32 bytes in hexadecimal, with `0x`.
    """

    address: Address
    private_key: str = field(repr=False)


ACCOUNTS: Final = tuple(
    DevnetAccount(address=Address(address), private_key="0x" + key)
    for address, key in (line.split() for line in _ACCOUNTS.split("\n")[1:-1])
)


class Devnet:
    """A development chain that lives as long as its `with` block.

    Attributes:
        chain_id: Its chain id.
        accounts: Funded accounts with well-known keys. The first one deployed the contracts and
            owns them.
    """

    def __init__(  # noqa: PLR0913 - each is a separate property of the chain
        self,
        *,
        port: int = 0,
        chain_id: int | None = None,
        with_v1: bool = False,
        import_open: bool = False,
        block_gas_limit: int | None = None,
        base_fee_wei: int = 7,
        anvil: str | Path | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        """Configure the chain; `start` or the `with` block starts it.

        Args:
            port: Port on 127.0.0.1; 0 for a free one. `start` raises if the port is in use.
            chain_id: Chain id, for example Volta's for a rehearsal; by default the one of the
                network `local`.
            with_v1: Whether to deploy v1's contracts too.
            import_open: Whether the contracts accept imports, and little else, until their owner
                closes the import.
            block_gas_limit: Gas limit of blocks; `None` for Anvil's default, 30,000,000.
            base_fee_wei: Base fee of the first block, in wei per gas.
            anvil: Path of Anvil's binary; see `anvil.find_anvil`.
            start_timeout_s: How long to wait for Anvil to start.
        """
        self.chain_id = networks.built_in("local").chain_id if chain_id is None else chain_id
        self.accounts = ACCOUNTS
        self._port = port
        self._with_v1 = with_v1
        self._import_open = import_open
        self._block_gas_limit = block_gas_limit
        self._base_fee_wei = base_fee_wei
        self._program = anvil
        self._start_timeout_s = start_timeout_s
        self._anvil: Anvil | None = None

    def __enter__(self) -> Self:
        """Start the chain."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the chain."""
        self.close()

    @property
    def rpc_url(self) -> str:
        """URL of the chain's JSON-RPC."""
        return self._running().url

    @property
    def registry_address(self) -> Address:
        """Address of our Registry."""
        return networks.built_in("local").registry

    @property
    def permissions_address(self) -> Address:
        """Address of our Permissions."""
        return networks.built_in("local").permissions

    def deployment(self) -> Deployment:
        """Return the deployment of our contracts on this chain."""
        return self._deployment_of("local")

    def v1_deployment(self) -> Deployment:
        """Return the deployment of v1's contracts on this chain.

        Raises:
            DevnetError: The chain was started without them.
        """
        if not self._with_v1:
            raise DevnetError(
                "this development chain does not have v1's contracts: use with_v1=True"
            )
        return self._deployment_of("local-v1")

    def start(self) -> None:
        """Start Anvil and deploy the contracts.

        Raises:
            DevnetError: It did not start, or is running already; the message says why.
        """
        if self._anvil is not None:
            raise DevnetError("the development chain is already running")
        self._anvil = Anvil(
            self._options(),
            port=self._port,
            anvil=self._program,
            start_timeout_s=self._start_timeout_s,
        )
        try:
            self._deploy()
            if self._with_v1:
                self._deploy_v1()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop Anvil if it is running, and wait for it to exit."""
        if self._anvil is not None:
            self._anvil.stop()
            self._anvil = None

    def mine_every(self, seconds: int) -> None:
        """Produce blocks at an interval, instead of one for each transaction.

        Args:
            seconds: Time between two blocks.

        Raises:
            DevnetError: The chain rejects the request, does not answer, or is not running.
        """
        self.request("evm_setIntervalMining", seconds)

    def request(self, method: str, *params: object) -> object:
        """Send a JSON-RPC request; methods that start with `anvil_` or `evm_` control the chain.

        Args:
            method: Name of the method.
            params: Its parameters, in JSON-RPC's form: numbers in hexadecimal.

        Returns:
            The result.

        Raises:
            DevnetError: The chain rejects the request, does not answer, or is not running.
        """
        return self._running().request(method, *params)

    def _running(self) -> Anvil:
        if self._anvil is None:
            raise DevnetError("the development chain is not running: start it first")
        return self._anvil

    def _deployment_of(self, name: str) -> Deployment:
        known = networks.built_in(name)
        if self.chain_id == known.chain_id:
            return replace(known, rpc_urls=(self.rpc_url,))
        other_chain = networks.Deployment(
            name=known.name,
            chain_id=self.chain_id,
            dialect=known.dialect,
            registry=known.registry,
            permissions=known.permissions,
            rpc_urls=(self.rpc_url,),
            start_block=known.start_block,
        )
        return networks.with_chain_facts(other_chain)

    def _options(self) -> list[str]:
        options = ["--hardfork", "london", "--chain-id", str(self.chain_id)]
        options += ["--mnemonic", _MNEMONIC, "--accounts", str(len(self.accounts))]
        options += ["--base-fee", str(self._base_fee_wei)]
        # Otherwise Anvil writes states older than a few hundred blocks to the home folder, 0.1 MB
        # for each block, and leaves them there. The price: no calls at blocks that old.
        options += ["--max-persisted-states", "0"]
        if self._block_gas_limit is not None:
            options += ["--gas-limit", str(self._block_gas_limit)]
        return options

    def _deploy(self) -> None:
        v1, owner = networks.built_in("local"), self.accounts[0].address
        flag = abi.uint(int(self._import_open))
        code = artifact(v1.dialect, "Registry").bytecode + abi.address(owner) + flag
        self._create(owner, code, v1.registry)
        code = artifact(v1.dialect, "Permissions").bytecode + abi.address(v1.registry) + flag
        self._create(owner, code, v1.permissions)

    def _deploy_v1(self) -> None:
        v1 = networks.built_in("local-v1")
        self.request("anvil_setBalance", _V1_DEPLOYER, hex(_V1_DEPLOYER_WEI))
        self.request("anvil_setNonce", _V1_DEPLOYER, hex(_V1_DEPLOYER_NONCE))
        self.request("anvil_impersonateAccount", _V1_DEPLOYER)
        self._create(_V1_DEPLOYER, artifact(v1.dialect, "Registry").bytecode, v1.registry)
        code = artifact(v1.dialect, "Permissions").bytecode + abi.address(v1.registry)
        self._create(_V1_DEPLOYER, code, v1.permissions)
        self.request("anvil_stopImpersonatingAccount", _V1_DEPLOYER)

    def _create(self, deployer: Address, code: bytes, expected: Address) -> None:
        """Create a contract, and check its address against the network file."""
        creation = {"from": deployer, "data": "0x" + code.hex()}
        receipt = cast("dict[str, str]", self.request("eth_sendTransactionSync", creation))
        if receipt["status"] != "0x1":
            raise DevnetError(f"the contract that belongs at {expected} can't be created")
        if (created := Address(receipt["contractAddress"])) != expected:
            raise DevnetError(f"a contract is at {created}, and its deployment says {expected}")
