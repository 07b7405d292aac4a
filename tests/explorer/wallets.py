"""Simulated wallets, announced like browser extensions (EIP-6963).

`TestWallet` holds a key that everybody knows. It signs with eth-account, another implementation
than the package's, and refuses what real wallets refuse: typed data of a chain that is not the
active one. `mode` makes it misbehave as real ones do.
"""

import json
import urllib.request
from urllib.parse import quote

from eth_account import Account
from eth_account.messages import encode_typed_data

SCRIPT = """
(() => {
  const listeners = {};
  const provider = {
    on: (name, listener) => (listeners[name] ??= []).push(listener),
    request: async ({ method, params }) => {
      const told = await window.askWallet(WALLET.rdns, method, params ?? []);
      if (told.stalls) return new Promise(() => {});
      if (told.error) throw Object.assign(new Error(told.error.message), told.error);
      return told.result;
    },
  };
  const tell = (name, data) => (listeners[name] ?? []).forEach((one) => one(data));
  window.tellPage = { ...(window.tellPage ?? {}), [WALLET.rdns]: tell };
  const detail = Object.freeze({ info: WALLET, provider });
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
})();
"""
ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>'
)


class Refusal(Exception):
    """An error of a wallet: code, message and optional data."""


class TestWallet:
    """One wallet. Tests can change `accounts`, `chain_id` and `mode`."""

    __test__ = False

    def __init__(
        self, chain, accounts, *, name="Test Wallet", rdns="org.example.test", knows_chain=True
    ):
        self.chain, self.accounts = chain, list(accounts)
        self.name, self.rdns = name, rdns
        self.chain_id = chain.chain_id
        self.chains = {chain.chain_id} if knows_chain else {1}
        if not knows_chain:
            self.chain_id = 1
        self.mode = "good"
        self.answers = {}
        """Overridden answers of methods: a value, a function of the parameters, or an error."""
        self.asked = []
        self.signed = []

    @property
    def info(self):
        return {"uuid": f"uuid-{self.rdns}", "name": self.name, "icon": ICON, "rdns": self.rdns}

    def answer(self, method, params):
        self.asked.append(method)
        try:
            if method not in self.answers:
                return {"result": self._answer(method, params)}
            instead = self.answers[method]
            if isinstance(instead, Exception):
                raise instead
            return {"result": instead(params) if callable(instead) else instead}
        except StopIteration:
            return {"stalls": True}
        except Refusal as error:
            return {"error": dict(zip(("code", "message", "data"), error.args, strict=False))}

    def _answer(self, method, params):  # noqa: PLR0911 - one for each method
        match method:
            case "eth_requestAccounts" | "eth_accounts":
                return [account.address.lower() for account in self.accounts]
            case "eth_chainId":
                return hex(self.chain_id)
            case "wallet_switchEthereumChain":
                return self._switch(int(params[0]["chainId"], 16))
            case "wallet_addEthereumChain":
                self.chains.add(int(params[0]["chainId"], 16))
                if self.mode == "only adds":
                    return None
                return self._switch(int(params[0]["chainId"], 16))
            case "eth_signTypedData_v4":
                self._confirm()
                return self._sign(params[0], json.loads(params[1]))
            case "eth_sendTransaction":
                self._confirm()
                self.chain.request("anvil_impersonateAccount", params[0]["from"])
                return self.chain.request("eth_sendTransaction", params[0])
            case "eth_getTransactionReceipt" | "eth_getCode":
                return self.chain.request(method, *params)
            case "eth_call":
                return self._call(params)
            case _:
                raise Refusal(4200, f"{method} is not supported")

    def _call(self, params):
        """Let the node call a contract; revert data becomes data of the error."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params}
        request = urllib.request.Request(  # noqa: S310 - the test's own chain
            self.chain.rpc_url, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
            told = json.load(answer)
        if "error" in told:
            error = told["error"]
            raise Refusal(error["code"], error["message"], error.get("data"))
        return told["result"]

    def _confirm(self):
        if self.mode == "refuses":
            raise Refusal(4001, "User rejected the request.")
        if self.mode == "stalls":
            raise StopIteration
        if self.mode == "busy":
            raise Refusal(-32002, "Request already pending.")

    def _switch(self, chain_id):
        if self.mode == "keeps its chain":
            return
        if self.mode == "stalls":
            raise StopIteration
        if chain_id not in self.chains:
            raise Refusal(4902, "Unrecognized chain ID.")
        self.chain_id = chain_id
        return

    def _sign(self, address, document):
        if document["domain"]["chainId"] != self.chain_id:
            raise Refusal(-32603, "Provided chainId must match the active chainId")
        named = next((one for one in self.accounts if one.address.lower() == address.lower()), None)
        if named is None:
            raise Refusal(4100, "The requested account has not been authorized.")
        signer = Key("0x" + "99" * 32) if self.mode == "signs with another key" else named
        self.signed.append(document)
        found = Account.sign_message(encode_typed_data(full_message=document), signer.private_key)
        return "0x" + found.signature.hex().removeprefix("0x")


class Key:
    """An account with the names that eth-account and this file use."""

    def __init__(self, private_key):
        self.private_key = private_key
        self.address = Account.from_key(private_key).address


def install(context, *wallets):
    """Announce wallets to every page of a browser context."""
    by_name = {wallet.rdns: wallet for wallet in wallets}
    context.expose_function(
        "askWallet", lambda name, method, params: by_name[name].answer(method, params)
    )
    for wallet in wallets:
        context.add_init_script(
            f"(() => {{ const WALLET = {json.dumps(wallet.info)};\n{SCRIPT}\n}})()"
        )
