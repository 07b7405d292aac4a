"""The text of numbers, as JavaScript and Java write it."""

import pytest

from ocn_registry.notary.numbers import java_text
from ocn_registry.notary.values import json_text, plain, scalar_text

JAVASCRIPT = {
    0: "0",
    5.0: "5",
    -5: "-5",
    1.5: "1.5",
    100: "100",
    1e20: "100000000000000000000",
    123456789012345680000.0: "123456789012345680000",
    1e21: "1e+21",
    -1.5e21: "-1.5e+21",
    10**21: "1e+21",
    10**20: "100000000000000000000",
    2**53: "9007199254740992",
    2**53 + 1: "9007199254740992",
    -(2**53) - 1: "-9007199254740992",
    2**63 - 1: "9223372036854776000",
    0.000001: "0.000001",
    1.25e-6: "0.00000125",
    1e-7: "1e-7",
    1.5e-7: "1.5e-7",
    5e-324: "5e-324",
    1.7976931348623157e308: "1.7976931348623157e+308",
    0.1 + 0.2: "0.30000000000000004",
    4.35: "4.35",
    1e23: "1e+23",
    52.370216: "52.370216",
}


@pytest.mark.parametrize(("number", "text"), JAVASCRIPT.items())
def test_numbers_as_javascript(number, text):
    assert scalar_text(number) == text


def test_negative_zero_is_zero():
    assert scalar_text(-0.0) == "0"


def test_booleans_are_not_numbers():
    assert [scalar_text(True), scalar_text(False)] == ["true", "false"]


JAVA = [
    (5.0, "5.0"),
    (5, "5"),
    (2**53 + 1, "9007199254740993"),
    (-0.0, "-0.0"),
    (0.0, "0.0"),
    (0.001, "0.001"),
    (0.00099, "9.9E-4"),
    (9999999.0, "9999999.0"),
    (1e7, "1.0E7"),
    (-12345678.9, "-1.23456789E7"),
    (0.25, "0.25"),
    (120.5, "120.5"),
    (1.7976931348623157e308, "1.7976931348623157E308"),
]


@pytest.mark.parametrize(("number", "text"), JAVA, ids=repr)
def test_numbers_as_java(number, text):
    assert java_text(number) == text


def test_json_as_javascript():
    value = plain({"b": [1.0, 1e-7, None, True], "1": 'é"\\\n\x1f\x7f\u2028', "0": {}, "a": []})
    assert json_text(value) == (
        '{"0":{},"1":"é\\"\\\\\\n\\u001f\x7f\u2028","b":[1,1e-7,null,true],"a":[]}'
    )
