"""The relay: a service that takes signed requests over HTTP and pays for them.

One program with three roles: `api` accepts requests, `send` puts them into transactions, `follow`
watches until the blocks are final. Imports clients, the cache and the journal; needs the extra
`relay`. Only `relay.client` is for users of relays, and needs nothing but the package.
"""
