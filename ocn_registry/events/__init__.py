"""What happened in a registry, and the state that its events add up to.

It imports the vocabulary, dialects and flows. `watch`, `history`, the cache and migration build on
it; Python users access it through `RegistryClient.events`.
"""
