"""The explorer: a web page to browse a registry, and to sign with a browser wallet.

`page/` contains the page: static files without a build step, for any web server. `PageFiles` serves
them, for a relay and for `serving`, which implements `ocn-registry explore`. It imports the
registry's API, and everything that the API imports.
"""
