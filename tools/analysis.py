"""Analyse the contracts: `python tools/analysis.py [slither|forge|mutants|coverage|halmos]...`.

Without a name, all of them run, as many at once as there are processors. `docs/analysis.md` says
when each of them fails. They write only below `.build/`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from ocn_registry_dev_env import ROOT, native_folder
from side_by_side import side_by_side

sys.path.insert(0, str(ROOT / "tools" / "build"))
from build_abi import compiled_contracts

#: The percentage of lines and of branches of `contracts/` that the forge tests have to reach.
COVERAGE = 98.0

#: The artifacts that tests deploy in place of those of viaIR (tests/forge/kit/Fixture.sol).
OLDER_PIPELINE = {
    "OCN_REGISTRY_ARTIFACT": "Registry.sol:Registry",
    "OCN_PERMISSIONS_ARTIFACT": "Permissions.sol:Permissions",
}

_PROGRAMS = ROOT / ".venv-analysis" / "bin"
_BUILD = Path(".build")

#: The analysers that run side by side, the longest first. The mutants use forge's build.
_LANES = (("forge", "mutants"), ("halmos",), ("slither",), ("coverage",))
#: The number of mutants in a short run.
_MUTANTS = 25


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> int:
    """Run a program in a folder that holds the project, with forge on PATH; return its status."""
    path = os.pathsep.join([str(native_folder("forge")), os.environ.get("PATH", os.defpath)])
    variables = {**os.environ, "PATH": path, **(environment or {})}
    return subprocess.run(command, cwd=folder, env=variables, check=False).returncode  # noqa: S603 - a command of our own


def slither(folder: Path = ROOT) -> int:
    """Run slither, with the settings of `slither.config.json`."""
    out = str(_BUILD / "slither" / "out")
    environment = {"FOUNDRY_OUT": out, "FOUNDRY_CACHE_PATH": str(_BUILD / "slither" / "cache")}
    return run([str(_PROGRAMS / "slither"), "."], folder, environment)


def forge(folder: Path = ROOT) -> int:
    """Run the fuzz and invariant tests; FOUNDRY_PROFILE=soak has the long settings.

    They run first on the contracts as deployed, compiled by the newer pipeline (viaIR), then as
    compiled by the older one: a bug in one pipeline shows up as a difference.
    """
    program = str(native_folder("forge") / "forge")
    for name, artifact in compiled_contracts().items():
        path = folder / _BUILD / "ir" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"abi": [], "bytecode": {"object": artifact["bytecode"]}}))
    _say("forge: as deployed (viaIR)")
    status = run([program, "test"], folder)
    if status:
        return status
    _say("forge: as the older pipeline compiles the same source")
    # Fewer runs, since only the code can differ, not the rules.
    few = {"FOUNDRY_PROFILE": "default", "FOUNDRY_FUZZ_RUNS": "64", "FOUNDRY_INVARIANT_RUNS": "8"}
    return run([program, "test"], folder, {**few, **OLDER_PIPELINE})


def halmos(folder: Path = ROOT, *, contract: str = "Proofs$", function: str = "check_") -> int:
    """Run the proofs of `tests/halmos`, within the bounds stated there.

    halmos only warns about an incomplete proof, such as a loop that could continue; here it fails.
    """
    command = [str(_PROGRAMS / "halmos"), "--forge-build-out", str(_BUILD / "halmos" / "out")]
    command += ["--function", function, "--match-contract", contract, "--no-status"]
    with tempfile.TemporaryDirectory() as reports:
        report = Path(reports) / "report.json"
        command += ["--json-output", str(report)]
        status = run(command, folder, {"FOUNDRY_PROFILE": "halmos"})
        if status:
            return status
        suites = json.loads(report.read_text())["test_results"].values()
    incomplete = [test["name"] for suite in suites for test in suite if test["num_bounded_loops"]]
    if incomplete:
        _say(f"bounds too small for: {', '.join(incomplete)}")
    return len(incomplete)


def coverage(folder: Path = ROOT) -> int:
    """Print how much of the contracts the forge tests cover, and fail below the limit."""
    record = _BUILD / "forge" / "lcov.info"
    (folder / record).parent.mkdir(parents=True, exist_ok=True)
    program = str(native_folder("forge") / "forge")
    # Views that only an invariant calls are not counted; a few short histories are enough here.
    environment = {"FOUNDRY_INVARIANT_RUNS": "4", "FOUNDRY_FUZZ_RUNS": "32"}
    environment |= {"FOUNDRY_OUT": str(_BUILD / "coverage" / "out")}
    environment |= {"FOUNDRY_CACHE_PATH": str(_BUILD / "coverage" / "cache"), **OLDER_PIPELINE}
    command = [program, "coverage", "--report", "lcov", "--report-file", str(record)]
    status = run(command, folder, environment)
    if status:
        return status
    return _verdict((folder / record).read_text())


def mutants() -> int:
    """Check that the tests notice a sample of changes to the contracts; see `mutation.py`."""
    return run([sys.executable, "tools/mutation.py", "--sample", str(_MUTANTS)], ROOT)


def _verdict(record: str) -> int:
    lines: dict[str, list[bool]] = defaultdict(list)
    branches: dict[str, list[bool]] = defaultdict(list)
    file = ""
    for entry in record.splitlines():
        key, _, value = entry.partition(":")
        if key == "SF":
            file = value
        elif key == "DA" and file.startswith("contracts/"):
            lines[file].append(value.split(",")[1] != "0")
        elif key == "BRDA" and file.startswith("contracts/"):
            branches[file].append(value.split(",")[3] not in {"0", "-"})
    rows = [(file, lines[file], branches[file]) for file in sorted(lines)]
    everything = ([hit for row in rows for hit in row[1]], [hit for row in rows for hit in row[2]])
    rows.append(("all of contracts/", *everything))
    _say(f"{'':36}{'lines':>16}{'branches':>16}")
    for name, line_hits, branch_hits in rows:
        _say(f"{name:36}{_share(line_hits):>16}{_share(branch_hits):>16}")
    enough = bool(lines) and all(100 * sum(hits) > COVERAGE * len(hits) for hits in everything)
    _say(f"{'above' if enough else 'NOT above'} {COVERAGE} %")
    return 0 if enough else 1


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the program's output


def _share(hits: list[bool]) -> str:
    return f"{sum(hits)}/{len(hits)} {100 * sum(hits) / len(hits):.1f}%" if hits else "none"


def main() -> int:
    """Run the named analysers one after the other, or all of them side by side."""
    analysers = {
        "slither": slither,
        "forge": forge,
        "mutants": mutants,
        "coverage": coverage,
        "halmos": halmos,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("analyser", nargs="*", choices=[*analysers, []], default=[])
    named = parser.parse_args().analyser
    if not named:
        own = [sys.executable, __file__]
        return side_by_side({" and ".join(lane): [*own, *lane] for lane in _LANES})
    failed = 0
    for name in named:
        start = time.monotonic()
        status = analysers[name]()
        verdict = "failed" if status else "passed"
        _say(f"{name}: {verdict}, {time.monotonic() - start:.0f} s")
        failed += bool(status)
    return failed


if __name__ == "__main__":
    sys.exit(main())
