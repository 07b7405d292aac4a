"""Verify the sources of a deployment with Sourcify and the explorer, or write what they need.

    python tools/build/submit_sources.py files FOLDER
    python tools/build/submit_sources.py submit RECORD [--sourcify URL] [--explorer URL] [--dry-run]

The standard JSON input holds every source in full. It is compiled before it is used: the result
must equal the code in `ocn_registry/deploy/artifacts/v3`, byte for byte. Contracts that a service
has already verified are not submitted again, so you can run it again after an interruption.

Source: Sourcify's API v2 (`/v2/verify`, `/v2/contract`); the `contract` module of Blockscout's API.
Both are implemented from their documentation, and have not been tried against the real services.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import posixpath
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ("Registry", "Permissions")
SOURCIFY = "https://sourcify.dev/server"
_IMPORT = re.compile(r'^import\s[^"]*"([^"]+)"', re.MULTILINE)
_FAILED, _ABSENT = 400, 404
_TRIES = 60
_STILL = "is still working:"


class NotVerified(Exception):
    """A service rejects the sources, or they do not compile to the published code."""


def sources_of(name: str) -> dict[str, dict[str, str]]:
    """Return a source and everything that it imports, by the names that imports use."""
    found: dict[str, dict[str, str]] = {}
    left = [name]
    while left:
        source = left.pop()
        if source in found:
            continue
        folder = ROOT / "node_modules" if source.startswith("@") else ROOT
        text = (folder / source).read_text()
        found[source] = {"content": text}
        for path in _IMPORT.findall(text):
            relative = path.startswith(".")
            left.append(
                posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
                if relative
                else path
            )
    return dict(sorted(found.items()))


def published(name: str) -> dict[str, Any]:
    """Return the published artifact of a contract."""
    text = (ROOT / "ocn_registry" / "deploy" / "artifacts" / "v3" / f"{name}.json").read_text()
    return dict(json.loads(text))


def standard_input(name: str) -> dict[str, Any]:
    """Return the compiler's complete input for one contract."""
    settings = dict(published(name)["compiler"]["settings"])
    del settings["compilationTarget"]
    outputs = ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode.object"]
    return {
        "language": "Solidity",
        "sources": sources_of(f"contracts/{name}.sol"),
        "settings": {**settings, "outputSelection": {"*": {"*": outputs}}},
    }


def metadata_of(name: str, given: dict[str, Any]) -> str:
    """Return the compiler's metadata, after compiling the input.

    Raises:
        NotVerified: The input does not compile to the published code.
    """
    artifact = published(name)
    contract = _compiled(name, artifact["compiler"]["version"], given)
    for key, part in (("bytecode", "bytecode"), ("deployedBytecode", "deployedBytecode")):
        if "0x" + contract["evm"][part]["object"] != artifact[key]:
            raise NotVerified(f"{name}: the sources here do not compile to the published {key}")
    return str(contract["metadata"])


def _compiled(name: str, version: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the compiler's output for a contract, from `.build` if it was compiled before.

    Compiling takes ten seconds, and an interrupted run is repeated.
    """
    question = json.dumps(given)
    digest = hashlib.sha256(f"{name} {version} {question}".encode()).hexdigest()
    kept = ROOT / ".build" / "sources" / f"{digest}.json"
    if not kept.exists():
        solc = ROOT / "tools" / "solc" / f"solc-v{version.partition('+')[0]}"
        answer = subprocess.run(  # noqa: S603 - our own program, no shell
            [str(solc), "--standard-json"],
            input=question,
            capture_output=True,
            text=True,
            check=True,
        )
        contract = json.loads(answer.stdout)["contracts"][f"contracts/{name}.sol"][name]
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(contract))
        partial.replace(kept)
    return json.loads(kept.read_text())


def ask(method: str, url: str, *, absent: bool = False, **request: Any) -> Any:  # noqa: ANN401 - what urllib3 takes, and JSON
    """Send a request, and return its JSON; `None` if the answer is `absent`.

    Raises:
        NotVerified: The service rejects the request, or its answer is not JSON.
    """
    try:
        answer = urllib3.request(method, url, timeout=30.0, retries=False, **request)
        if absent and answer.status == _ABSENT:
            return None
        content = answer.json()
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise NotVerified(f"{url} gives no answer: {error}") from error
    if answer.status >= _FAILED:
        raise NotVerified(f"{url} refuses ({answer.status}): {str(content)[:500]}")
    return content


def has_sourcify(server: str, chain_id: int, known: dict[str, Any]) -> str | None:
    """Return how a contract matches at Sourcify; `None` if it is not verified yet."""
    answer = ask("GET", f"{server}/v2/contract/{chain_id}/{known['address']}", absent=True)
    match = (answer or {}).get("match")
    return None if match is None else str(match)


def has_explorer(explorer: str, known: dict[str, Any]) -> str | None:
    """Return whether Blockscout has a contract's sources; `None` if it does not."""
    query = f"module=contract&action=getabi&address={known['address']}"
    answer = ask("GET", f"{explorer}/api?{query}")
    return "Pass - Verified" if answer.get("status") == "1" else None


def to_sourcify(server: str, chain_id: int, name: str, known: dict[str, Any], given: Any) -> str:  # noqa: ANN401
    """Submit a contract to Sourcify, and return the URL of its status."""
    body = {
        "stdJsonInput": given,
        "compilerVersion": published(name)["compiler"]["version"],
        "contractIdentifier": f"contracts/{name}.sol:{name}",
        "creationTransactionHash": known["transaction"],
    }
    answer = ask("POST", f"{server}/v2/verify/{chain_id}/{known['address']}", json=body)
    return f"{server}/v2/verify/{answer['verificationId']}"


def sourcify_status(url: str) -> str | None:
    """Return the result at Sourcify; `None` while it is working.

    Raises:
        NotVerified: It does not match.
    """
    answer = ask("GET", url)
    if not answer.get("isJobCompleted"):
        return None
    match = (answer.get("contract") or {}).get("match")
    if not match:
        raise NotVerified(f"Sourcify: {str(answer.get('error'))[:500]}")
    return str(match)


def to_explorer(explorer: str, name: str, known: dict[str, Any], given: Any) -> str:  # noqa: ANN401
    """Submit a contract to Blockscout, and return the URL of its status."""
    fields = {
        "module": "contract",
        "action": "verifysourcecode",
        "codeformat": "solidity-standard-json-input",
        "contractaddress": known["address"],
        "contractname": f"contracts/{name}.sol:{name}",
        "compilerversion": "v" + published(name)["compiler"]["version"],
        "sourceCode": json.dumps(given),
        "constructorArguments": known["constructorArguments"].removeprefix("0x"),
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask("POST", f"{explorer}/api", body=urlencode(fields), headers=form)
    if answer.get("status") != "1":
        raise NotVerified(f"the explorer refuses: {str(answer)[:500]}")
    return f"{explorer}/api?module=contract&action=checkverifystatus&guid={answer['result']}"


def explorer_status(url: str) -> str | None:
    """Return the result at Blockscout; `None` while it is working.

    Raises:
        NotVerified: It does not match.
    """
    result = str(ask("GET", url).get("result"))
    if result.startswith("Pending"):
        return None
    if not result.startswith("Pass"):
        raise NotVerified(f"the explorer: {result[:500]}")
    return result


def submit(  # noqa: PLR0913 - both services, and how
    record: dict[str, Any],
    *,
    sourcify: str,
    explorer: str,
    dry_run: bool,
    compiled: bool = False,
    pause_s: float = 2,
) -> list[str]:
    """Submit both contracts to both services, and return their results as lines.

    Args:
        record: The record of the deployment.
        sourcify: URL of Sourcify; empty for none.
        explorer: URL of Blockscout; empty for none.
        dry_run: Whether to only compile and compare.
        compiled: Whether these sources have just been compiled and compared.
        pause_s: How long to wait between two requests for the result, in seconds.

    Raises:
        NotVerified: A service rejects the sources, or they do not compile to the published code.
    """
    if "registry" not in record:
        raise NotVerified("the deployment of this record is not finished")
    lines: list[str] = []
    chain_id = record["chainId"]
    for name in CONTRACTS:
        known = record["contracts"][name]
        before: dict[str, str | None] = {}
        if sourcify and not dry_run:
            before["sourcify"] = has_sourcify(sourcify, chain_id, known)
        if explorer and not dry_run:
            before["explorer"] = has_explorer(explorer, known)
        given = standard_input(name)
        if not compiled and (dry_run or None in before.values()):
            metadata_of(name, given)
        for service, url in (("sourcify", sourcify), ("explorer", explorer)):
            if dry_run or not url:
                why = "not submitted: a dry run" if url else "not submitted: no URL"
                lines.append(f"{name} {service} {why}")
            elif (answer := before[service]) is not None:
                lines.append(f"{name} {service} {answer}, already")
            elif service == "sourcify":
                status = to_sourcify(url, chain_id, name, known, given)
                lines.append(f"{name} {service} {_wait(sourcify_status, status, pause_s)}")
            else:
                status = to_explorer(url, name, known, given)
                lines.append(f"{name} {service} {_wait(explorer_status, status, pause_s)}")
    return lines


def _wait(look: Any, url: str, pause_s: float) -> str:  # noqa: ANN401 - one of the two above
    for _ in range(_TRIES):
        if (result := look(url)) is not None:
            return str(result)
        time.sleep(pause_s)
    return f"{_STILL} {url}"


def write_files(folder: Path) -> list[Path]:
    """Write standard JSON input and metadata of both contracts."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name in CONTRACTS:
        given = standard_input(name)
        for kind, text in (
            ("input", json.dumps(given, indent=2) + "\n"),
            ("metadata", metadata_of(name, given)),
        ):
            path = folder / f"{name}.{kind}.json"
            path.write_text(text)
            written.append(path)
    return written


def main() -> int:
    """Write the files, or submit the sources."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("files").add_argument("folder", type=Path)
    command = commands.add_parser("submit")
    command.add_argument("record", type=Path)
    command.add_argument("--sourcify", default=SOURCIFY, help="empty for none")
    command.add_argument("--explorer", default="", help="Blockscout's URL, without /api")
    command.add_argument("--dry-run", action="store_true", help="compile and compare; send nothing")
    options = parser.parse_args()
    try:
        if options.command == "files":
            print(*write_files(options.folder), sep="\n")
            return 0
        lines = submit(
            json.loads(options.record.read_text()),
            sourcify=options.sourcify,
            explorer=options.explorer,
            dry_run=options.dry_run,
        )
    except NotVerified as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(*lines, sep="\n")
    return int(any(_STILL in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
