"""The clients of a registry, synchronous and asynchronous, and how to connect them.

It imports everything below: vocabulary, dialects, flows, transports. Each method is written once:
`base` says how the asynchronous client borrows it.
"""
