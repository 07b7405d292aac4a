"""The page for programs written for v1 lists every error with its selector."""

import inspect
import re
from pathlib import Path

from ocn_registry import contract_errors
from ocn_registry.evm.keccak import selector

PAGE = Path(__file__).resolve().parents[2] / "docs" / "programs-for-v1.md"


def test_each_error_is_on_the_page_with_its_selector_and_meaning():
    there = set(
        re.findall(r"^\| `(0x\w{8})` \| `([^`]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    )
    assert there == {
        (
            f"0x{selector(error.signature).hex()}",
            error.signature,
            error.__doc__.splitlines()[0].rstrip("."),
        )
        for error in vars(contract_errors).values()
        if inspect.isclass(error)
        and issubclass(error, contract_errors.ContractError)
        and error is not contract_errors.ContractError
    }
