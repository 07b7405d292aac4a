"""The page as a folder for any web server: it queries an RPC node and a relay directly.

The folder contains the served files, with their own settings, the contracts' errors in words, and a
content security policy that allows only these hosts.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ocn_registry.contract_errors import ContractError
from ocn_registry.errors import InvalidInput
from ocn_registry.explorer.files import PAGE, files_of_page, origin, public_rpc_urls
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from pathlib import Path

    from ocn_registry.networks import Deployment

_CONNECT: Final = "connect-src 'self'"


def write_folder(folder: Path, deployment: Deployment, *, relay: str | None = None) -> None:
    """Write the page into a folder.

    Args:
        folder: An empty folder, one that holds the page of an earlier version, or none yet.
        deployment: Whose registry the page shows. Everybody who opens it sees its RPC nodes.
        relay: URL of a relay that takes signed requests; `None` for none.

    Raises:
        InvalidInput: The folder holds something else, or a URL could hold a key.
    """
    urls = deployment.rpc_urls
    if not urls:
        raise InvalidInput(f"the network {deployment.name} has no RPC node: add --rpc-url URL")
    for url in urls:
        _check_public(url)
    if folder.exists() and (not folder.is_dir() or _holds_something_else(folder)):
        raise InvalidInput(f"{shown(str(folder))} is not an empty folder: choose a new one")
    settings = {
        "rpc": list(urls),
        "network": {
            "name": deployment.name,
            "chainId": deployment.chain_id,
            "dialect": deployment.dialect,
            "registry": deployment.registry,
            "permissions": deployment.permissions,
            "explorer": deployment.explorer,
            "startBlock": deployment.start_block,
            "token": deployment.token,
            "blockTime": deployment.block_time_s,
            "development": deployment.development,
        },
        "relay": relay or False,
        "rpcUrls": list(public_rpc_urls(deployment)),
    }
    files = files_of_page()
    hosts = [origin(url) for url in (*urls, *([relay] if relay else []))]
    policy = " ".join(dict.fromkeys([_CONNECT, *hosts]))
    files["index.html"] = files["index.html"].replace(_CONNECT.encode(), policy.encode())
    files["settings.json"] = _json(settings)
    files["errors.json"] = _json([_in_words(one) for one in ContractError.__subclasses__()])
    # First the settings, by which a folder that Ctrl-C left unfinished is known the next time.
    for name, content in sorted(files.items(), key=lambda file: file[0] != "settings.json"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # A link of that name is not written through, and the page can be served all the while.
        draft = path.with_name(f".{path.name}.new")
        draft.unlink(missing_ok=True)
        try:
            with draft.open("xb") as file:
                file.write(content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _check_public(url: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.path.strip("/"):
        raise InvalidInput(
            f"the URL of the RPC node at {shown(parts.hostname)} holds more than a host, which may "
            "be a key, and everybody who opens the page sees it: use --rpc-url with another node"
        )


def _holds_something_else(folder: Path) -> bool:
    known = {path.name for path in PAGE.iterdir()} | {"errors.json"}
    drafts = {f".{name}.new" for name in known}  # of a command that was killed
    names = {path.name for path in folder.iterdir()} - drafts
    return bool(names) and not (names <= known and "settings.json" in names)


def _in_words(error: type[ContractError]) -> dict[str, object]:
    return {
        "signature": error.signature,
        "fields": [field.name for field in fields(error)],
        "says": error.says,
    }


def _json(value: object) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()
