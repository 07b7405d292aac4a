"""Which permissions of a service match which OCPI messages. Imports the vocabulary only."""

from ocn_registry.forwarding.rules import interface_of, is_forwarded, module_of, permissions_for

__all__ = ["interface_of", "is_forwarded", "module_of", "permissions_for"]
