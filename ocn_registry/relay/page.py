"""The explorer beside the relay's API, below `explorer/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ocn_registry.explorer.files import PageFiles, public_rpc_urls
from ocn_registry.registry_api.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest

    from ocn_registry.networks import Deployment


def routes(deployment: Deployment) -> list[Route]:
    """Return the routes of the page.

    Args:
        deployment: The registry. Its public nodes are offered to wallets that lack its chain.
    """
    files = PageFiles(api="../", relay=True, rpc_urls=public_rpc_urls(deployment))

    async def file(http: HttpRequest) -> Response:
        found = files.answer(http.path_params["path"], http.headers)
        reply = found or Problem("not_found", "there is no such file: open explorer/").reply()
        return Response(
            reply.body, status_code=reply.status, media_type=reply.media_type, headers=reply.headers
        )

    # Relative, so that they work behind a proxy, whatever its path.
    async def root(http: HttpRequest) -> Response:  # noqa: ARG001 - a handler
        return RedirectResponse("explorer/")

    return [
        Route("/", root, methods=["GET"]),
        Route("/explorer", root, methods=["GET"]),
        Route("/explorer/{path:path}", file, methods=["GET"]),
    ]
