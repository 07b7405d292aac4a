"""A write from the plan to the result: show, price, ask, send, report.

The command line and the Ape scripts both carry out their writes through this package, each with its
own `Console` for talking to the user. `intent_args` converts a user's text to intents, `words` and
`entries` convert values to sentences and JSON, and `execute` carries out a plan. This package may
import everything except `cli`.
"""
