"""Effects (operations on a chain, as data), and the journal of an account's transactions.

It imports the public vocabulary and `evm`. Transports perform the effects.
"""
