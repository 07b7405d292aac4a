"""What tests need: the contracts' rules in plain Python, to test against without a chain."""
