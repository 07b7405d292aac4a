"""Tools for testing programs that use the registry: the contracts in Python, without a chain."""
