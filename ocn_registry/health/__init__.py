"""Checks of a network: the chain, its validators, the contracts, and nodes.

Each check yields findings with a remedy; what can't be known is reported as unknown. `doctor`
prints them, and other programs can run the same checks.
"""
