"""The permissions of services that match OCPI messages. It imports only the vocabulary."""

from ocn_registry.forwarding.rules import interface_of, is_forwarded, module_of, permissions_for

__all__ = ["interface_of", "is_forwarded", "module_of", "permissions_for"]
