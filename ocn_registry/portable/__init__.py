"""Values as JSON and back, in the form that the command line prints with `--json`.

`base` is what every public value inherits; `forms` turns a field into JSON and back by its type.
Imports `errors`, `contract_errors` and `foreign` only: the vocabulary is built on it.
"""
