"""Ethereum's standards: addresses, keccak, RLP, ABI words, transactions, typed data.

It knows nothing of the Open Charging Network, and imports `foreign`, `errors` and `portable` only.
"""
