"""The clients of a registry, for callers that wait and for asyncio, and how to connect them.

It imports everything below: vocabulary, dialects, flows, transports. Each method is written once:
`base` says how the asynchronous client borrows it.
"""
