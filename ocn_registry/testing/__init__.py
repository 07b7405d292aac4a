"""For tests of programs that use the registry: the contracts' rules in Python, without a chain."""
