"""The registry over HTTP, for reading and for preparing what is signed: the page asks it.

No web framework and no key is needed: `RegistryApi.answer` makes an answer of a method, a path, a
query and a body. A relay serves it beside its own API, and so does any local server. It reads from
the cache, so it imports what the cache imports, the cache, and the words of plans.
"""
