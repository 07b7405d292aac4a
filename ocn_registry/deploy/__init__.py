"""Put the registry on a chain: create, record, verify, hand over; also development chains.

It imports flows and transports. Clients don't need it.
"""
