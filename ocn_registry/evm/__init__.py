"""Ethereum's standards: addresses, keccak, RLP, ABI words, transactions, typed data.

It knows nothing about the Open Charging Network, and imports only `foreign`, `errors` and
`portable`.
"""
