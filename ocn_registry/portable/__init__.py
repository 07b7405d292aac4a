"""The base of all public values, and their JSON form.

`values` has the package's `dataclass`, and imports nothing from the package. `base` has the base
class of all public values, and `forms` converts fields to JSON and back by type; these two import
only `errors`, `contract_errors` and `foreign`. The vocabulary is built on the three.
`closing` has the base class of what a `with` block closes.
"""
