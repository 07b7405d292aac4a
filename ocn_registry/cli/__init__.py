"""The command `ocn-registry`: everything in the package that knows command lines and terminals.

A command parses its arguments, calls the client, and prints. Results go to standard output,
messages to standard error. Modules in `commands` import what they need when they run, so `--help`
is quick.
"""
