"""A write from the plan to the result: show, price, ask, send, report.

The command line and the scripts for Ape both run their writes through here; each brings its own
`Console`, through which the person is asked and told. `intent_args` makes intents of the texts that
a person types, `words` and `entries` say in words and as JSON what values mean, `execute` holds the
one way in which a plan is carried out. This package may import everything but `cli`.
"""
