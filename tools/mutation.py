"""Mutation testing: change the contracts in one place, and check that the forge tests notice.

Each *mutant* differs from the contracts in one token, one statement or one pair of arguments. It is
compiled and handed to the tests in `tests/forge`, which deploy the contracts by name: the compiled
tests stay, and only what they deploy is another (`OCN_REGISTRY_ARTIFACT`,
`OCN_PERMISSIONS_ARTIFACT`). So a mutant costs one warm compile and half a second for most.

They are compiled by the older pipeline and without the optimizer, which is many times quicker than
as the contracts are deployed. One that the first stage of tests does not kill is compiled once more
with it: if its bytecode is that of the contracts, it is the same program and does not count. Nor
does one that does not compile, or that is the same program as an earlier mutant. What survives has
to be explained in `tests/analysis/survivors.toml`; a survivor that is not fails the run.
"""

import argparse
import concurrent.futures
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import OLDER_PIPELINE
from ocn_registry_dev_env import ROOT, native_folder

WORK = ROOT / ".build" / "mutation"
SURVIVORS = ROOT / "tests" / "analysis" / "survivors.toml"
TARGETS = ("Registry", "Permissions")
#: Suites and tests in order of use, the quick and likely ones first, as forge matches them.
#: `LibrariesTest` is not: it calls the libraries as they were compiled into the tests.
_RULES = ("(Registry|Accounts|Permissions|SignedRequests|Batches)Test", "")
_WORLD = ("WorldTest", "")
_TEXT_BY_HAND = ("TextRulesTest", "ByHand|EveryLength|LaterBytes")
_TEXT = ("TextRulesTest", "")
Stage = tuple[str, str]
STAGES: tuple[Stage, ...] = (_RULES, _WORLD, _TEXT)
STAGES_OF_TEXT: tuple[Stage, ...] = (_TEXT_BY_HAND, _TEXT, _RULES)
#: Seconds of processor time, of which a loaded machine uses no more, after which the tests of a
#: mutant are given up: an endless loop kills it.
PROCESSOR_LIMIT_S = 300
_ENVIRONMENT = {
    **OLDER_PIPELINE,  # what a mutant leaves alone
    "FOUNDRY_FUZZ_RUNS": "64",
    "FOUNDRY_INVARIANT_RUNS": "12",
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
}

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>(?:unicode|hex)?"(?:\\.|[^"\\])*")
    |(?P<number>0x[0-9a-fA-F]+|\d[\d_]*)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<operator><<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||=>|->|:=|[-+*/%&|^]=|[-+*/%&|^<>=!~?:])
    |(?P<mark>[(){}\[\];,.])""",
    re.VERBOSE | re.DOTALL,
)

_OPERATORS = {
    "<": ("<=", ">="),
    ">": (">=", "<="),
    "<=": ("<", ">"),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "*": ("+",),
    "/": ("*",),
    "%": ("/",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&", "^"),
    "^": ("|",),
    "++": ("--", ""),
    "--": ("++", ""),
    "+=": ("-=",),
    "-=": ("+=",),
    "|=": ("&=", "="),
    "&=": ("|=",),
    "<<=": (">>=",),
    "!": ("",),
    "~": ("",),
}
_NAMES = {
    "true": ("false",),
    "false": ("true",),
    "onlyOwner": ("",),
    "delegatecall": ("call",),
    "storage": ("memory",),
    # in assembly
    "gt": ("lt",),
    "eq": ("gt",),
    "and": ("or",),
}
_EXPRESSIONS = {"msg.sender": "tx.origin", "block.timestamp": "block.number"}


@dataclass(frozen=True, slots=True)
class Token:
    """A Solidity token, and its position."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: `source[start:end]` of a file becomes `text`."""

    path: str
    start: int
    end: int
    text: str
    kind: str
    line: int
    before: str
    after: str
    number: int

    @property
    def key(self) -> str:
        """The part of a mutant's identity that does not depend on line numbers."""
        return f"{self.path} | {self.before} | {self.after}"

    @property
    def identity(self) -> str:
        """The unique identity of a mutant within its file."""
        return f"{self.key} | {self.number}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tokens_of(source: str) -> list[Token]:
    """Return all tokens but comments."""
    return [
        Token(match.lastgroup or "", match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(source)
        if match.lastgroup != "comment"
    ]


def _code_hash(source: str) -> str:
    return _hash(" ".join(token.text for token in tokens_of(source)))


def _closing(tokens: list[Token], opening: int) -> int:
    """Return the index of the bracket that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(tokens[index].text, 0)
        if depth == 0:
            return index
    raise ValueError("brackets do not close")


def _token_changes(tokens: list[Token]) -> Iterator[tuple[int, int, str, str]]:
    for index, token in enumerate(tokens):
        if token.kind == "operator":
            for text in _OPERATORS.get(token.text, ()):
                yield token.start, token.end, text, "operator"
        elif token.kind == "name":
            for text in _NAMES.get(token.text, ()):
                yield token.start, token.end, text, "name"
            after = "".join(t.text for t in tokens[index + 1 : index + 3])
            if token.text + after in _EXPRESSIONS:
                end = tokens[index + 2].end
                yield token.start, end, _EXPRESSIONS[token.text + after], "name"
        elif token.kind == "number":
            value = int(token.text.replace("_", ""), 0)
            yield token.start, token.end, str(value + 1), "constant"
            if value:
                yield token.start, token.end, str(value - 1), "constant"
        elif token.kind == "string" and not token.text.startswith(('unicode"', 'hex"')):
            yield token.end - 1, token.end, 'x"', "text"


def _conditions(tokens: list[Token]) -> Iterator[tuple[int, int, str, str]]:
    for index, token in enumerate(tokens):
        if token.text in {"if", "while"} and tokens[index + 1].text == "(":
            close = _closing(tokens, index + 1)
            for text in ("true", "false"):
                yield tokens[index + 1].end, tokens[close].start, text, "condition"
        if token.text == "?":
            start = index
            while tokens[start - 1].text not in {"(", ",", "=", ":", "return", "?", ";"}:
                start -= 1
                if tokens[start].text in {")", "]"}:
                    opening = {")": "(", "]": "["}[tokens[start].text]
                    depth = 1
                    while depth:
                        start -= 1
                        depth += {tokens[start].text == opening: -1}.get(True, 0)
                        depth += {")": 1, "]": 1}.get(tokens[start].text, 0) * (
                            {"(": ")", "[": "]"}[opening] == tokens[start].text
                        )
            for text in ("true", "false"):
                yield tokens[start].start, tokens[index - 1].end, text, "condition"


def _statements(tokens: list[Token]) -> Iterator[tuple[int, int, str, str]]:
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.text in {"function", "constructor"}:
            while tokens[index].text not in {"{", ";"}:
                index += 1
            if tokens[index].text == "{":
                body_end = _closing(tokens, index)
                yield from _statements_of_body(tokens[index + 1 : body_end])
                index = body_end
        index += 1


def _statements_of_body(tokens: list[Token]) -> Iterator[tuple[int, int, str, str]]:
    start = 0
    index = 0
    while index < len(tokens):
        text = tokens[index].text
        if text in {"{", "}", "else", "unchecked", "do"}:
            start = index + 1
        elif text in {"if", "for", "while"} and index == start:
            index = _closing(tokens, index + 1)
            start = index + 1
        elif text == "assembly" and index == start:
            while tokens[index].text != "{":
                index += 1
            index = _closing(tokens, index)
            start = index + 1
        elif text in {"(", "["}:
            index = _closing(tokens, index)
        elif text == ";":
            if not _is_declaration(tokens[start:index]):
                yield tokens[start].start, tokens[index].end, "{}", "statement"
            start = index + 1
        index += 1


def _is_declaration(tokens: list[Token]) -> bool:
    """Whether a variable is declared: two names that follow each other, or a tuple of them."""
    if not tokens or tokens[0].text in {"return", "revert", "emit", "delete"}:
        return not tokens
    end = next((i for i, token in enumerate(tokens) if token.text == "="), len(tokens))
    head = tokens[:end]
    return any(a.kind == b.kind == "name" for a, b in itertools.pairwise(head)) or (
        head[0].text == "mapping"
    )


def _arguments(tokens: list[Token]) -> Iterator[tuple[int, int, str, str, tuple[int, int, int]]]:
    """Pairs of neighbouring arguments of calls, to swap."""
    for index, token in enumerate(tokens):
        called = index and (
            tokens[index - 1].kind == "name" or tokens[index - 1].text in {"]", ")"}
        )
        if token.text != "(" or not called or tokens[index - 2].text in {"function", "error"}:
            continue
        close = _closing(tokens, index)
        commas = [index]
        inner = index + 1
        while inner < close:
            if tokens[inner].text in {"(", "[", "{"}:
                inner = _closing(tokens, inner)
            elif tokens[inner].text == ",":
                commas.append(inner)
            inner += 1
        commas.append(close)
        for first, middle, last in zip(commas, commas[1:], commas[2:], strict=False):
            if middle > first + 1 and last > middle + 1:
                yield (
                    tokens[first + 1].start,
                    tokens[last - 1].end,
                    "",
                    "arguments",
                    (tokens[middle - 1].end, tokens[middle + 1].start, 0),
                )


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Return all mutants of a file, in the order of the text."""
    tokens = tokens_of(source)
    begin = next(
        i for i, t in enumerate(tokens) if t.text in {"contract", "library"} and t.kind == "name"
    )
    tokens = tokens[begin:]
    changes = [*_token_changes(tokens), *_conditions(tokens), *_statements(tokens)]
    for start, end, _, kind, (left_end, right_start, _zero) in _arguments(tokens):
        swapped = source[right_start:end] + source[left_end:right_start] + source[start:left_end]
        changes.append((start, end, swapped, kind))
    found: dict[tuple[int, int, str], Mutant] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for start, end, text, kind in sorted(changes):
        if source[start:end] == text or (start, end, text) in found:
            continue
        line_start = source.rfind("\n", 0, start) + 1
        line_end = source.find("\n", end)
        before = " ".join(source[line_start:line_end].split())
        after = " ".join((source[line_start:start] + text + source[end:line_end]).split())
        found[start, end, text] = Mutant(
            path=path,
            start=start,
            end=end,
            text=text,
            kind=kind,
            line=source.count("\n", 0, start) + 1,
            before=before,
            after=after,
            number=seen[before, after],
        )
        seen[before, after] += 1
    return sorted(found.values(), key=lambda m: (m.start, m.end, m.text))


class Compiler:
    """One warm compiler process."""

    def __init__(self, sources: dict[str, str]) -> None:
        """Start the process.

        Args:
            sources: Text of each file of `contracts/`, by its path.
        """
        self._sources = sources
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            ["node", str(ROOT / "tools" / "mutation_solc.js")],  # noqa: S607 - found on PATH
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def compile(
        self, path: str, source: str, targets: tuple[str, ...], *, optimized: bool = False
    ) -> dict[str, str] | None:
        """Return the creation bytecode of each target, or `None` when it does not compile.

        Args:
            path: File that is changed; empty when none is.
            source: Its new text.
            targets: Contracts to compile.
            optimized: As they are deployed; otherwise quickly.
        """
        sources = {**self._sources, path: source} if path else self._sources
        request = {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": {
                "evmVersion": "london",
                "optimizer": {"enabled": optimized, "runs": 200},
                "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
                "outputSelection": {
                    f"contracts/{target}.sol": {target: ["evm.bytecode.object"]}
                    for target in targets
                },
            },
        }
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if any(error["severity"] == "error" for error in answer.get("errors", ())):
            return None
        return {
            target: answer["contracts"][f"contracts/{target}.sol"][target]["evm"]["bytecode"][
                "object"
            ]
            for target in targets
        }

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def targets_of(path: str, sources: dict[str, str]) -> tuple[str, ...]:
    """Return the contracts that import a file, itself or through others."""
    name = Path(path).name
    users = {name}
    for _ in sources:  # as often as the longest chain could ask for
        for other, text in sources.items():
            if any(f"/{used}" in text and "import" in text for used in users):
                users.add(Path(other).name)
    return tuple(target for target in TARGETS if f"{target}.sol" in users)


def explained_survivors() -> dict[str, str]:
    """Return why each explained survivor survives, by its key."""
    entries = tomllib.loads(SURVIVORS.read_text()).get("survivor", [])
    return {f"{e['path']} | {e['before']} | {e['after']}": e["why"] for e in entries}


class Run:
    """A mutation run on a copy of the project, unaffected by edits."""

    def __init__(self, work: Path) -> None:
        """Copy the project to a folder; the first test compiles there what forge has not yet."""
        self.log = work / "verdicts.jsonl"
        self.folder = work / "project"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name in ("contracts", "tests/forge"):
            # Ape keeps its copy of OpenZeppelin, all of it, in contracts/.cache.
            ignored = shutil.ignore_patterns(".cache")
            shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)
        shutil.copy(ROOT / "foundry.toml", self.folder)
        compiled = ROOT / ".build" / "forge"  # recompiles only changed files
        if compiled.is_dir():
            shutil.copytree(compiled, self.folder / ".build" / "forge")
        # With a link, these sources would have other names in forge's cache and all be recompiled.
        library = Path("node_modules", "@openzeppelin")
        shutil.copytree(ROOT / library, self.folder / library)
        (self.folder / "tools").symlink_to(ROOT / "tools")
        self.sources = {
            str(path.relative_to(self.folder)): path.read_text()
            for path in sorted((self.folder / "contracts").rglob("*.sol"))
        }
        #: Of each file, without its comments.
        self.hashes = {path: _code_hash(source) for path, source in self.sources.items()}
        self._lock = threading.Lock()
        self._local = threading.local()
        self._compilers: list[Compiler] = []
        self._copies = itertools.count(1)
        #: No caller could notice these mutants, so only the first stage tries them again.
        self._equivalent = {
            key for key, why in explained_survivors().items() if why.startswith("equivalent")
        }
        self._seen: dict[tuple[tuple[str, str], ...], str] = {}
        original = self.compiler.compile("", "", TARGETS, optimized=True)
        if original is None:
            raise SystemExit("the contracts do not compile")
        self._original = original

    @property
    def compiler(self) -> Compiler:
        """This thread's compiler."""
        if not hasattr(self._local, "compiler"):
            self._local.compiler = Compiler(self.sources)
            with self._lock:
                self._compilers.append(self._local.compiler)
        compiler: Compiler = self._local.compiler
        return compiler

    @property
    def project(self) -> Path:
        """This thread's copy of the project: forges that share a cache break and rebuild it."""
        if not hasattr(self._local, "project"):
            copy = self.folder.with_name(f"project-{next(self._copies)}")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.folder, copy, symlinks=True)
            self._local.project = copy
        project: Path = self._local.project
        return project

    def close(self) -> int:
        """End all compilers."""
        for compiler in self._compilers:
            compiler.close()
        return 0

    def mutants(self) -> list[Mutant]:
        """Return all mutants of all files but the interfaces, which hold no code."""
        return [
            mutant
            for path, source in self.sources.items()
            if not path.startswith("contracts/interfaces/")
            for mutant in mutants_of(path, source)
        ]

    def passes(self, stage: Stage, environment: dict[str, str], project: Path) -> bool:
        """Return whether the suites and tests whose names match pass within the limit."""
        forge = native_folder("forge") / "forge"
        limited = ["bash", "-c", f'ulimit -t {PROCESSOR_LIMIT_S} && exec "$0" "$@"']
        tests = [str(forge), "test", "--fail-fast", "--mc", stage[0], "--mt", stage[1] or "."]
        result = subprocess.run(  # noqa: S603 - our own program
            [*limited, *tests],
            cwd=project,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if result.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
            return False
        if result.returncode not in {0, 1} or b"Suite result" not in result.stdout:
            raise RuntimeError(result.stdout.decode()[-2000:])
        return result.returncode == 0

    def verdict(self, mutant: Mutant) -> str:
        """Return `killed by ...`, `survived`, `same code`, `same as ...` or `no code`."""
        source = self.sources[mutant.path]
        changed = source[: mutant.start] + mutant.text + source[mutant.end :]
        targets = targets_of(mutant.path, self.sources)
        code = self.compiler.compile(mutant.path, changed, targets)
        if code is None:
            return "no code"
        with self._lock:
            earlier = self._seen.setdefault(tuple(sorted(code.items())), mutant.identity)
        if earlier != mutant.identity:
            return f"same as {earlier}"
        name = _hash(mutant.identity)
        folder = self.project / ".build" / "mutants" / name
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **_ENVIRONMENT,
            "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": str(folder / "fuzz"),
            "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": str(folder / "invariant"),
            "FOUNDRY_TEST_FAILURES_FILE": str(folder / "failures"),
        }
        for target in targets:
            artifact = folder / f"{target}.json"
            artifact.write_text(
                json.dumps({"abi": [], "bytecode": {"object": "0x" + code[target]}})
            )
            environment[f"OCN_{target.upper()}_ARTIFACT"] = str(artifact)
        stages = STAGES_OF_TEXT if "TextRules" in mutant.path else STAGES
        try:
            for stage in stages:
                if not self.passes(stage, environment, self.project):
                    return f"killed by {stage[0]}"
                # The first stage kills most in seconds, and the others take half a minute.
                if stage is stages[0] and mutant.key in self._equivalent:
                    return "survived"
                if stage is stages[0] and self._is_same_code(mutant.path, changed, targets):
                    return "same code"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return "survived"

    def _is_same_code(self, path: str, source: str, targets: tuple[str, ...]) -> bool:
        code = self.compiler.compile(path, source, targets, optimized=True)
        return code is not None and all(self._original[t] == code[t] for t in targets)


def _finished(run: Run) -> dict[str, str]:
    """Return an earlier run's results for mutants of unchanged files, except survivors.

    Other files may have changed: omit `--resume` to run all of them again.
    """
    lines = run.log.read_text().splitlines() if run.log.exists() else []
    entries = [json.loads(line) for line in lines]
    return {
        entry["mutant"]: entry["verdict"]
        for entry in entries
        if entry["verdict"] != "survived" and run.hashes.get(entry["path"]) == entry["source"]
    }


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the program's output


def _arguments_of_command() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Change the contracts, and check that the tests notice."
    )
    parser.add_argument("--sample", type=int, help="number of mutants; always the same ones")
    parser.add_argument("--match", default="", help="only mutants whose file or text has this")
    parser.add_argument("--kind", default="", help="only this kind: statement, condition, name ...")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", action="store_true", help="continue where the last run ended")
    parser.add_argument(
        "--list", action="store_true", help="print the mutants, without running them"
    )
    return parser.parse_args()


def _judge(run: Run, mutants: list[Mutant], *, resume: bool, jobs: int) -> dict[Mutant, str]:
    """Return the verdict on each mutant; `verdicts.jsonl` has them as they come."""
    finished = _finished(run) if resume else {}
    verdicts: dict[Mutant, str] = {}
    with (
        run.log.open("a" if resume else "w") as log,
        concurrent.futures.ThreadPoolExecutor(jobs) as pool,
    ):
        answers = pool.map(lambda m: finished.get(m.identity) or run.verdict(m), mutants)
        for mutant, verdict in zip(mutants, answers, strict=True):
            verdicts[mutant] = verdict
            entry = {"path": mutant.path, "source": run.hashes[mutant.path]}
            entry |= {"mutant": mutant.identity, "verdict": verdict}
            if mutant.identity not in finished:
                log.write(json.dumps(entry) + "\n")
                log.flush()
            if verdict == "survived":
                _say(f"survived: {mutant.path}:{mutant.line}\n- {mutant.before}\n+ {mutant.after}")
            if len(verdicts) % 50 == 0:
                _say(f"{len(verdicts)} of {len(mutants)}")
    return verdicts


def main() -> int:
    """Run, print the score, and fail for an unexplained survivor."""
    options = _arguments_of_command()
    started = time.monotonic()
    run = Run(WORK / ("sample" if options.sample else "all"))
    mutants = [
        mutant
        for mutant in run.mutants()
        if options.match in mutant.key and options.kind in {"", mutant.kind}
    ]
    # In a fixed random order, so that a part of the run is a sample of the whole.
    mutants.sort(key=lambda m: _hash(m.identity))
    mutants = mutants[: options.sample]
    if options.list:
        for mutant in mutants:
            _say(f"{mutant.path}:{mutant.line} {mutant.kind}\n- {mutant.before}\n+ {mutant.after}")
        _say(str(len(mutants)))
        return run.close()
    for stage in STAGES:
        if not run.passes(stage, _ENVIRONMENT, run.folder):  # the first one compiles
            raise SystemExit(f"{stage[0]} fails on the unchanged contracts")
    verdicts = _judge(run, mutants, resume=options.resume, jobs=options.jobs)
    run.close()

    explained = explained_survivors()
    survivors = [mutant for mutant, verdict in verdicts.items() if verdict == "survived"]
    unexplained = [mutant for mutant in survivors if mutant.key not in explained]
    counts = Counter(verdict.split(" as ")[0] for verdict in verdicts.values())
    for verdict, count in counts.most_common():
        _say(f"{count:6} {verdict}")
    killed = sum(count for verdict, count in counts.items() if verdict.startswith("killed"))
    total = killed + len(survivors)
    _say(f"killed {killed} of {total}: {100 * killed / max(total, 1):.1f} %")
    equivalent = sum(explained.get(m.key, "").startswith("equivalent") for m in survivors)
    if equivalent:
        score = 100 * killed / max(total - equivalent, 1)
        _say(f"without {equivalent} that no caller could tell from the contracts: {score:.1f} %")
    _say(f"{time.monotonic() - started:.0f} s")
    for mutant in unexplained:
        _say(f"not in {SURVIVORS.relative_to(ROOT)}: {mutant.path}:{mutant.line}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
