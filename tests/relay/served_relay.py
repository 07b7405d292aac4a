"""A relay's API, and its page, on a port of this machine."""

import contextlib
import threading
import time

import uvicorn

from ocn_registry.relay.api import application


@contextlib.contextmanager
def serving(service):
    """Serve a relay on a free port; yield its URL."""
    server = uvicorn.Server(
        uvicorn.Config(
            application(service),
            port=0,
            log_level="error",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
