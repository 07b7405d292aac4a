"""The explorer: a web page to look at a registry, and to sign with the wallet one has.

`page/` is the page as it is shipped: static files without a build step, for any web server.
`PageFiles` answers requests for them, for a relay and for `serving`, which is behind
`ocn-registry explore`. Imports what the registry's API imports, and the API.
"""
