"""What every public value is made of, and its form as JSON.

`values` has the package's `dataclass` and imports nothing of it. `base` is what every public value
inherits; `forms` turns a field into JSON and back by its type: these two import `errors`,
`contract_errors` and `foreign` only. The vocabulary is built on the three.
`closing` is the base of what a `with` block closes.
"""
