"""The relay: a service that accepts signed requests over HTTP and pays for them.

One program with three roles: `api` accepts requests, `send` puts them into transactions, `follow`
watches until the blocks are final. It imports clients, the cache and the journal, and needs the
extra `relay`. Users of a relay need only `relay.client`, which works without the extra.
"""
