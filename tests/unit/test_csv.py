"""CSV exports contain no formulas, and all rows have the columns of the header."""

import csv
import io
import re

import pytest

from ocn_registry.cli.output import render
from ocn_registry.registry_api import pages

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
SEPARATORS = ",;|:!/#^~*?'\"()&% \t\r\n\u00a0\u3000\ufeff\u200b"


def of_the_command_line(entries):
    return render.as_csv(entries)


def of_the_api(entries):
    return pages.as_csv(entries).decode()


EXPORTERS = [of_the_command_line, of_the_api]


@pytest.mark.parametrize("export", EXPORTERS)
@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_is_a_formula_whatever_the_separator(export, sign):
    texts = [f"{sign}1+1", f'{sign}cmd|"/c calc"!A1']
    texts += [f"{before}{sign}1+1" for one in SEPARATORS for before in (one, f"a{one}", f"{one} ")]
    text = export([{"name": one, "roles": [one]} for one in texts])
    found = re.search(rf"(?:^|[^\w.'-]){re.escape(sign)}1", text, re.MULTILINE)
    assert found is None, found


@pytest.mark.parametrize("export", EXPORTERS)
def test_names_and_urls_of_common_forms_are_unchanged(export):
    entry = {"name": "Müller & Söhne (E-Mobility) 4.0-a", "url": "https://node-1.example.org/v2.2"}
    assert list(csv.DictReader(io.StringIO(export([entry])))) == [entry]


@pytest.mark.parametrize("export", EXPORTERS)
def test_a_field_of_only_some_entries_has_its_own_column(export):
    entries = [
        {"partyId": "ABC", "node": None, "current": True},
        {
            "partyId": "DEF",
            "node": {"url": "x"},
            "current": False,
            "website": "https://def.example",
        },
    ]
    rows = list(csv.DictReader(io.StringIO(export(entries))))
    assert [row["partyId"] for row in rows] == ["ABC", "DEF"]
    assert [row["current"] for row in rows] == ["true", "false"]
    assert [row["node.url"] for row in rows] == ["", "x"]
    assert [row["website"] for row in rows] == ["", "https://def.example"]
