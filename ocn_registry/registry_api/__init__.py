"""The registry's HTTP API, for reading and for preparing requests: the backend of the explorer.

It needs no web framework and no key: `RegistryApi.answer` maps a method, a path, a query and a body
to an answer. A relay serves it beside its own API, and so can any local server. It reads from the
cache, so it imports the cache, everything that the cache imports, and the words of plans.
"""
