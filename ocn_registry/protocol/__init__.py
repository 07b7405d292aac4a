"""What can be asked of a chain, as data, and how the transactions of one account stay in order.

Imports the public vocabulary and `evm`. Nothing here performs anything: transports do.
"""
