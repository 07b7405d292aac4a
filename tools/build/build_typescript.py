"""Write the contracts' ABI for other languages: as JSON, and as constants of TypeScript.

    python tools/build/build_typescript.py FOLDER

viem and ethers derive types from the constants `registryAbi` and `permissionsAbi`. The files are
part of each release; examples/typescript imports them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ocn_registry.deploy.artifacts import artifact

CONTRACTS = ("Registry", "Permissions")


def write(folder: Path) -> list[Path]:
    """Write the files into a folder, which is created if missing. Return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for contract in CONTRACTS:
        name = contract.lower()
        abi = json.dumps(artifact("v3", contract).abi, indent=1)
        constant = f"export const {name}Abi = {abi} as const;"
        for suffix, text in (
            ("json", abi),
            ("ts", f"// The ABI of the contract {contract}.\n{constant}"),
        ):
            path = folder / f"{name}-abi.{suffix}"
            path.write_text(text + "\n", encoding="utf-8")
            written.append(path)
    return written


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the folder
        sys.exit(__doc__)
    print(*write(Path(sys.argv[1])), sep="\n")
