"""Checks of a network: the chain, its validators, the contracts, and nodes.

Each check yields findings with a remedy; unknown facts are reported as unknown. `doctor`
prints them, and other programs can run the same checks.
"""
