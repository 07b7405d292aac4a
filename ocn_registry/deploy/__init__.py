"""Putting the registry on a chain: create, record, verify, hand over; and chains for development.

Imports flows and transports. Clients don't need it.
"""
