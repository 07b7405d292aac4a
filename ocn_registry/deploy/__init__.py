"""Put the registry on a chain: create, record, verify, hand over. Also: development chains.

It imports flows and transports. Clients don't need it.
"""
