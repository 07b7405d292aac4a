"""Run the example: `python -m node settings.json`, from the folder `examples`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from node.app import App
from node.serve import Server, StartFailed, listen
from node.settings import read
from ocn_registry import KeySigner, OcnRegistryError

if TYPE_CHECKING:
    from node.settings import Settings


async def main(settings: Settings) -> None:
    """Serve until somebody interrupts."""
    app = App(settings, KeySigner.from_env("OPERATOR_KEY"))
    async with Server(app, listen(urlsplit(settings.url).port or 80)) as server:
        print(f"{app.node.operator.address} listens at {server.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main(read(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    except KeyboardInterrupt:
        pass
    except (OcnRegistryError, StartFailed, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
