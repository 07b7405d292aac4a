"""A creator of contracts with a key, like Ape's accounts."""

from ocn_registry.models import Address


class KeyCreator:
    """Signs creations with an account of eth-account."""

    def __init__(self, account):
        self.address = Address(account.address)
        self.account = account

    def sign_creation(self, creating):
        fields = {
            "chainId": creating.chain_id,
            "nonce": creating.nonce,
            "data": creating.data,
            "gas": creating.gas,
            "value": 0,
            "maxFeePerGas": creating.max_fee_per_gas_wei,
            "maxPriorityFeePerGas": creating.tip_per_gas_wei,
        }
        return bytes(self.account.sign_transaction(fields).raw_transaction)
