"""Each error of the contracts has a Python class, found by its revert data."""

import json
import pickle
import re
from dataclasses import fields
from pathlib import Path

import eth_abi
import pytest

from ocn_registry import contract_errors as errors
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.errors import OcnRegistryError, Reverted, UnknownRevert
from ocn_registry.evm.keccak import selector

ABI = Path(__file__).resolve().parents[2] / "ocn_registry" / "deploy" / "artifacts" / "v3"
OF_THE_LANGUAGE = {"Error(string)", "Panic(uint256)"}
CLASSES = errors.contract_errors()
VALUES = {
    "address": "0x" + "ab" * 20,
    "string": "https://x.example\x1b[31m",
    "uint256": 7,
    "uint8": 8,
    "bytes2": b"D\x1b",
    "bytes3": b"AB1",
    "uint256[]": [1, 2],
}


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def abi_errors():
    for contract in ("Registry", "Permissions"):
        for entry in json.loads((ABI / f"{contract}.json").read_text())["abi"]:
            if entry["type"] == "error":
                types = ",".join(argument["type"] for argument in entry["inputs"])
                names = [snake(argument["name"]) for argument in entry["inputs"]]
                yield f"{entry['name']}({types})", names


def test_each_contract_error_has_its_class_and_fields():
    known = {error.signature: [field.name for field in fields(error)] for error in CLASSES}
    assert dict(abi_errors()).items() <= known.items()


def test_each_error_class_belongs_to_a_contract_error():
    result = {signature for signature, _ in abi_errors()}
    assert {error.signature for error in CLASSES} == result | OF_THE_LANGUAGE


def test_error_classes_have_the_names_of_the_errors():
    for error in CLASSES:
        name = error.signature.partition("(")[0]
        assert error.__name__ == {"Error": "RequireFailed"}.get(name, name)


def types_of(error):
    inside = error.signature.partition("(")[2].removesuffix(")")
    return inside.split(",") if inside else []


def data_of(error):
    types = types_of(error)
    return selector(error.signature) + eth_abi.encode(types, [VALUES[kind] for kind in types])


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_revert_data_becomes_its_error_with_its_arguments(error):
    found = refuse(data_of(error))
    assert type(found) is error
    assert isinstance(found, Reverted)
    for field, kind in zip(fields(error), types_of(error), strict=True):
        got, sent = getattr(found, field.name), VALUES[kind]
        if kind == "address":
            assert got.lower() == sent
        elif isinstance(sent, bytes):
            assert got == sent.decode("latin-1")
        else:
            assert got == (tuple(sent) if isinstance(sent, list) else sent)


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_message_is_one_printable_line_that_names_every_value(error):
    found = refuse(data_of(error))
    text = str(found)
    assert text.isprintable()
    assert "{" not in text
    for field in fields(error):
        assert "{" + field.name + "}" in error.says, "each argument is in the message"


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_truncated_revert_data_is_an_unknown_revert(error):
    data = data_of(error)
    if len(data) > 4:
        assert type(refuse(data[:-32])) is UnknownRevert


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_contract_errors_can_be_pickled(error):
    found = refuse(data_of(error))
    back = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    assert type(back) is error
    assert str(back) == str(found)


def test_megabytes_of_text_make_a_short_message():
    data = selector("Error(string)") + eth_abi.encode(["string"], ["\x1b" * 1_000_000])
    assert len(str(refuse(data))) < 1000


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xde\xad\xbe\xef" * 1000])
def test_unknown_revert_keeps_its_data(data):
    error = refuse(data)
    assert isinstance(error, UnknownRevert)
    assert error.data == data
    assert len(str(error)) < 1000


def test_every_error_is_in_the_error_tree():
    assert all(issubclass(error, OcnRegistryError) for error in CLASSES)
