"""A write from the plan to the result: show, price, ask, send, report.

The command line and the scripts for Ape both carry out their writes through this package; each
brings its own `Console` to talk to the user. `intent_args` makes intents of text that a user types,
`words` and `entries` turn values into sentences and JSON, `execute` carries out a plan. This
package may import everything but `cli`.
"""
