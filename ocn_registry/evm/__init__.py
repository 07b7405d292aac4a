"""Ethereum's standards: keccak, RLP, ABI words, transactions, typed data.

Knows nothing of the Open Charging Network. Imports `foreign`, and the values of `models`.
"""
