"""Running histories, and checking that a run covered enough to be meaningful."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.testing.model import Permissions, Registry

from .chain import Chain
from .machine import machine_in
from .world import World

STEPS = 50

# Hypothesis's own choices under another name: under its own it spends five runs of six on copies of
# a run with parts doubled, which is little news in histories of 50 steps. What fails is still
# shrunk by the original.
AVAILABLE_PROVIDERS["each history anew"] = HypothesisProvider

# Errors that stand in the ABI and that no write can raise: those of constructors (tested apart),
# of texts that a contract does not have, of OpenZeppelin's short strings, and of limits that a
# history does not reach (tested apart).
NEVER = {
    Registry.name: {
        "OwnableInvalidOwner",
        "InvalidName",
        "InvalidShortString",
        "StringTooLong",
        "TooManyIds",
        "TooManyNodes",
    },
    Permissions.name: {"NotAContract", "InvalidShortString", "StringTooLong"},
}


@contextmanager
def world(bytecodes: dict[str, bytes] | None = None) -> Iterator[World]:
    """Run a chain with the contracts, or with replacements, which may be larger."""
    chain = Chain("--disable-code-size-limit") if bytecodes else Chain()
    try:
        yield World(chain, bytecodes) if bytecodes else World(chain)
    finally:
        chain.close()


def run(
    world_: World, histories: int, *, shrink: bool = True, derandomize: bool | None = None
) -> None:
    """Make histories in a world.

    Raises:
        Difference: The chain and the model do not agree.
    """
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    options = {} if derandomize is None else {"derandomize": derandomize}
    run_state_machine_as_test(
        machine_in(world_),
        settings=settings(
            backend="each history anew",
            database=None,
            deadline=None,
            max_examples=histories,
            phases=phases,
            report_multiple_bugs=False,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.normal if shrink else Verbosity.quiet,
            **options,
        ),
    )


def not_seen(seen: Counter[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Return the functions that never succeeded, and the errors that never occurred."""
    found: dict[str, list[str]] = {"functions": [], "errors": []}
    for name, never in NEVER.items():
        entries = artifact("v3", name.removeprefix("OCN ")).abi
        succeeded = {
            function for of, function, outcome in seen if (of, outcome) == (name, "succeeds")
        }
        outcomes = {outcome for of, _, outcome in seen if of == name}
        for entry in entries:
            if entry["type"] == "function" and entry["stateMutability"] != "view":
                if entry["name"] not in succeeded:
                    found["functions"].append(f"{name}.{entry['name']}")
            elif entry["type"] == "error" and entry["name"] not in {*outcomes, *never}:
                found["errors"].append(f"{name}.{entry['name']}")
    return found


def table(seen: Counter[tuple[str, str, str]]) -> str:
    """Return how often each function succeeded and failed, alone and as an item of a batch."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for (name, function, outcome), count in seen.items():
        alone = not function.startswith("item ")
        row = rows.setdefault((name, function.removeprefix("item ") or "(garbage)"), Counter())
        row[f"{'alone' if alone else 'item'} {'+' if outcome == 'succeeds' else '-'}"] += count
    kinds = ("alone +", "alone -", "item +", "item -")
    lines = [
        "| function | succeeded | failed | in a batch: succeeded | failed | different errors |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for (name, function), row in sorted(rows.items()):
        errors = {o for (n, f, o) in seen if n == name and f.removeprefix("item ") == function}
        figures = " | ".join(str(row[kind]) for kind in kinds)
        lines.append(
            f"| {name.removeprefix('OCN ')}.{function} | {figures} | {len(errors - {'succeeds'})} |"
        )
    return "\n".join(lines)
