"""`make bench` shows the measurements next to v1's, and fails if a limit is missed."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools" / "bench"
NOT_IN_V1 = (
    "setParty, further id",
    "setParty, further id in a new slot",
    "setParty, id that is not current, of 12",
    "setPartyWebsite",
    "pruneService",
    "moveAccount, one id",
    "moveAccountRaw, one id",
    "moveAccount, with a node",
    "moveAccountRaw, with a controller",
    "moveAccount, 64 ids",
    "setController",
    "setControllerRaw",
    "adminReserveParty",
    "adminReserveParty, held by another",
    "setPartyRaw, each of 50 by multicall",
    "setPartyRaw, each of 50 by tryMulticall",
)


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    spec = importlib.util.spec_from_file_location("bench_under_test", TOOLS / "bench.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_every_limit_of_gas_and_size_is_met(start):
    """Sections that measure time are left to `make bench`: no test judges how fast a machine is."""
    status, out, err = start("tools/bench/bench.py", "--json", "gas", "batches", "sizes").finish()
    assert (status, err.partition(" (")[0].split()[-2:]) == (0, ["limits", "met"])
    sections = {section["section"]: section["rows"] for section in json.loads(out)}
    assert list(sections) == ["gas", "batches", "sizes"]
    gas = sections["gas"]
    assert {row["name"] for row in gas if row["v1"] is None} <= set(NOT_IN_V1)
    assert all(row["ratio"] for row in gas if row["v1"] is not None)
    assert all(row["met"] is not False for rows in sections.values() for row in rows)


def test_missed_limit_is_named_and_fails(bench, monkeypatch, capsys):
    rows = (
        bench.Row(name="kept", ours=10, v1=20, limit=10),
        bench.Row(name="broken", ours=11, v1=10, limit=10),
        bench.Row(name="slower", ours=0.7, v1=1.0, ratio_limit=0.6),
        bench.Row(name="never promised", ours=1),
    )
    section = bench.Section(title="Figures", unit="s", rows=rows)
    monkeypatch.setattr(bench, "SECTIONS", {"figures": lambda: section})
    assert bench.main([]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("1 of 3 limits met; MISSED: broken; slower (")
    assert [line.split()[-1] for line in out.splitlines()[2:6]] == ["met", "MISSED", "MISSED", "1"]


def test_commands_are_measured_next_to_v1s(bench, monkeypatch):
    """Both commands answer with the same number of entries; `make bench` measures time."""
    for name, few in {"PARTIES": 30, "STARTS": 1, "LISTS": 1}.items():
        monkeypatch.setattr(bench.command_scenarios, name, few)
    rows = bench.command().rows
    assert [row.name for row in rows] == ["--help", "get-node", *2 * ["list-parties, of 30"]]
    assert all(row.ours > 0 and row.ratio for row in rows)
    assert [row.ratio_limit for row in rows] == [0.5, 0.8, 0.2, None]


def test_unknown_section_is_refused_with_the_known_ones(bench, capsys):
    with pytest.raises(SystemExit, match="2"):
        bench.main(["taste"])
    assert (
        "no section taste: choose from gas, rotation, batches, sizes, speed"
        in capsys.readouterr().err
    )
