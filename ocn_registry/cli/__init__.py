"""The command `ocn-registry`, and all that the package knows of terminals.

A command parses, calls the client, and renders. What it is asked for goes to standard output, what
it has to say to standard error. `arguments` lists the commands; the module of a command is imported
when it runs, so that `--help` costs nothing.
"""
