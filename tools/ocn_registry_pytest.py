"""The pytest plugin of this project's own tests: it starts Ape only for tests that use it.

Ape's plugin starts Anvil for every run and snapshots the chain around every test, those that touch
no chain too: 5 ms for each, and a second for a run of one unit test. With this plugin, loaded by
`addopts`, that happens to the tests in `tests/contract` only. (Not to those that have a fixture of
Ape's name: other folders have chains of their own.)
"""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from ocn_registry_ports import free_port
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from ape.pytest.runners import PytestApeRunner

_ROOT = Path(__file__).resolve().parent.parent
_LONGEST_ID = 32
_LARGEST_ID = 1 << 64
_APE_FOLDER = _ROOT / "tests" / "contract"
_SLOWEST_SHOWN = 15
_SLOW_S = 10

#: The slowest files, slowest first, as the list at the end of a run shows. Workers begin with
#: these, because one that is started last would keep the run waiting.
_SLOW = (
    "tests/analysis/test_analysers_find_faults.py",
    "tests/e2e/test_rehearsal.py",
    "tests/contract",
    "tests/explorer/test_chain_states.py",
    "tests/cache/test_outages.py",
    "tests/property/test_state_machine.py",
    "tests/cache/test_histories.py",
    "tests/docs/test_walks.py",
    "tests/faults/test_sends.py",
    "tests/cli/test_schemas.py",
    "tests/cli/test_screens.py",
    "tests/deployment/test_reproducible.py",
    "tests/deployment/test_ape_deploy.py",
    "tests/cli/test_ape_scripts.py",
    "tests/cli/test_secrets.py",
    "tests/interop/jvm/test_notary_jvm.py",
    "tests/attacks/test_seeded_faults.py",
    "tests/relay/test_torture.py",
    "tests/journal/test_kills.py",
    "tests/migration/test_import.py",
    "tests/property/test_state_machine_finds_faults.py",
    "tests/cache/test_pytest_plugin.py",
    "tests/explorer/test_signing.py",
    "tests/explorer/test_size.py",
    "tests/deployment/test_verify_script.py",
    "tests/typing/test_typing.py",
    "tests/cache/test_kill.py",
    "tests/relay/test_described_api.py",
    "tests/e2e/test_release.py",
    "tests/unit/test_platforms.py",
)
# Tests without a chain are quick, and come last to fill gaps between workers.
_QUICK_FOLDER = "tests/unit/"

# Chains make the time of an example vary by more than any deadline would allow for, and a machine
# that is busy while values are generated is no fault of theirs.
hypothesis.settings.register_profile(
    "default", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
_DEFAULT = hypothesis.settings.get_profile("default")
# The same examples in every run: CI results must depend on the change, not on luck.
hypothesis.settings.register_profile("ci", _DEFAULT, derandomize=True, print_blob=True)
# A few examples, for the inner loop: `make test-fast`.
hypothesis.settings.register_profile("fast", _DEFAULT, max_examples=20)
hypothesis.settings.load_profile(
    "ci" if os.environ.get("CI") else "fast" if os.environ.get("OCN_FAST") else "default"
)


def _uses_ape(item: pytest.Item) -> bool:
    return _APE_FOLDER in item.path.parents


def _forget_stale_build() -> None:
    """Make Ape compile everything again if a source has changed.

    By default it compiles only the changed files, not the contracts that import them, so tests
    would use contracts from before a library's change.
    """
    build = _ROOT / ".build" / "__local__.json"
    if build.exists():
        built = build.stat().st_mtime
        if any(source.stat().st_mtime > built for source in _ROOT.glob("contracts/**/*.sol")):
            build.unlink()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make Ape quiet, and limit its isolation to the tests that need it."""
    runner: PytestApeRunner | None = config.pluginmanager.get_plugin("ape-test")
    if runner is None:  # a Python without Ape, or `-p no:ape_test`
        return
    from ape.logging import logger  # noqa: PLC0415 - only where Ape is there

    # Or "Stopping anvil" follows pytest's summary.
    logger.set_level("WARNING")
    isolate = runner._setup_isolation  # noqa: SLF001 - no public switch for single tests

    def isolate_if_used(item: pytest.Item) -> None:
        if _uses_ape(item):
            isolate(item)  # type: ignore[no-untyped-call]

    runner._setup_isolation = isolate_if_used  # type: ignore[method-assign]  # noqa: SLF001


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make Ape start its Anvil on a free port, or not at all if no test needs it.

    By default, ape-foundry chooses a random port and connects to any Anvil that is already there.
    """
    if any(_uses_ape(item) for item in items):
        _forget_stale_build()
        os.environ.setdefault("APE_FOUNDRY_HOST", f"http://127.0.0.1:{free_port()}")
    elif config.pluginmanager.has_plugin("ape-test"):
        config.pluginmanager.unregister(name="ape-test")
    if hasattr(config, "workerinput"):
        _sort_by_time(items)


def _unit(nodeid: str) -> str:
    """Return the unit of a worker: a file, so that its fixtures are made once.

    All of Ape's tests go to one worker: they share a compilation and a chain.
    """
    file = nodeid.partition("::")[0]
    return "tests/contract" if file.startswith("tests/contract/") else file


def _sort_by_time(items: list[pytest.Item]) -> None:
    """Sort by time: slow files first, then those with a chain, then those with many tests."""
    counts = Counter(_unit(item.nodeid) for item in items)
    ranks = {unit: rank for rank, unit in enumerate(_SLOW)}

    def place(item: pytest.Item) -> tuple[int, bool, int]:
        unit = _unit(item.nodeid)
        return ranks.get(unit, len(ranks)), unit.startswith(_QUICK_FOLDER), -counts[unit]

    items.sort(key=place)


class _LoadUnits(LoadScopeScheduling):  # type: ignore[misc]
    """Hand workers one unit after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return _unit(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """Distribute tests over workers by file, unless `--dist` says otherwise."""
    if config.getvalue("dist") != "load":
        return None
    config.option.loadscopereorder = False  # `_sort_by_time` has done it
    return _LoadUnits(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Return a short name for a long value, to keep lists of tests readable."""
    if isinstance(val, int) and val > _LARGEST_ID:
        return f"{argname} of {val.bit_length()} bits"
    if isinstance(val, str) and val.isascii() and val.isprintable():
        return f"{val[:_LONGEST_ID]}..." if len(val) > _LONGEST_ID else None
    if isinstance(val, str | bytes) and len(val) > _LONGEST_ID // 4:
        return f"{argname} of {len(val)}"
    return None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List which files took long, and what was skipped, one line for each reason."""
    seconds: Counter[str] = Counter()
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        seconds[_unit(getattr(report, "nodeid", ""))] += getattr(report, "duration", 0)
    if slow := [it for it in seconds.most_common(_SLOWEST_SHOWN) if it[1] > _SLOW_S]:
        terminalreporter.section("slowest files")
        for file, total in slow:
            terminalreporter.line(f"{total:5.0f} s  {file}")
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple):
            reasons[str(report.longrepr[2]).removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped")
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count:5}  {reason}")
