"""Helpers of the contract tests: contracts over a fast connection, signed requests, texts to try.

Ape starts the chain, compiles and deploys. Its contract objects take milliseconds for a call and
half a second for a first transaction, so the tests use `kit.contract`, which looks the same.
"""
