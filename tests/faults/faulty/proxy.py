"""A proxy that forwards JSON-RPC to a chain and injects faults."""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections import Counter

import urllib3


class Exchange:
    """An incoming request, and the operations of faults on it."""

    def __init__(self, proxy, fields, body, writer):
        self._proxy = proxy
        self._writer = writer
        self.fields = fields  # request line and headers, in small letters
        self.request = json.loads(body)
        self._body = body
        items = self.request if isinstance(self.request, list) else [self.request]
        self.methods = [item["method"] for item in items]

    async def forward(self):
        """Forward the request to the chain; return the answer's bytes."""
        return await asyncio.to_thread(self._proxy.upstream, self._body)

    async def forward_changed(self):
        """Ask the chain what the request says now; return the answer's bytes."""
        return await asyncio.to_thread(self._proxy.upstream, json.dumps(self.request).encode())

    async def ask(self, method, *params):
        """Ask the chain something else; return the answer's bytes."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return await asyncio.to_thread(self._proxy.upstream, json.dumps(body).encode())

    async def reply(self, content, status=200, **headers):
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(content)}\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self.write(head.encode() + b"\r\n" + content)

    async def write(self, content):
        self._writer.write(content)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def reset(self):
        """Reset the connection."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        self._writer.transport.abort()


class FaultProxy:
    """Listens on loopback, in a thread of its own."""

    def __init__(self, url):
        self._url = url
        self._faults = []
        self.asked = Counter()
        self.posts = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def inject(self, fault, method=None, times=None):
        """Apply a fault to every request, or to those for a method, a number of times."""
        self._faults.append([fault, method, times])

    def heal(self):
        self._faults.clear()

    def stop_listening(self):
        """Take no new connections; to be called by a fault."""
        self._server.close()

    def refuse(self):
        """Stop listening."""
        self._do(self._stop())

    def close(self):
        if self._loop.is_running():
            self._do(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def upstream(self, body):
        headers = {"Content-Type": "application/json"}
        return urllib3.request("POST", self._url, body=body, headers=headers, timeout=120).data

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)

    async def _stop(self):
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = head.lower().split(b"\r\n")
                (length,) = [f.split(b":")[1] for f in fields if f.startswith(b"content-length")]
                body = await reader.readexactly(int(length))
                await self._answer(Exchange(self, fields, body, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, exchange):
        self.posts += 1
        self.asked.update(exchange.methods)
        for injected in self._faults:
            fault, method, times = injected
            if times != 0 and (method is None or method in exchange.methods):
                injected[2] = None if times is None else times - 1
                await fault(exchange)
                return
        await exchange.reply(await exchange.forward())
