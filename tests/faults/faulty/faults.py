"""Faults of one request. A fault named `..._after` lets it reach the chain first."""

import asyncio
import json

SLOW_S = 8.0  # long after any client of a test has given up


async def reset(exchange):
    exchange.reset()


async def reset_after(exchange):
    await exchange.forward()
    exchange.reset()


async def reset_in_mid_answer(exchange):
    content = await exchange.forward()
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content))
    await exchange.write(content[:5])
    exchange.reset()


async def half(exchange):
    content = await exchange.forward()
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(content) * 2))
    await exchange.write(content)
    raise ConnectionError


async def slow(_exchange):
    await asyncio.sleep(SLOW_S)
    raise ConnectionError


async def slow_after(exchange):
    await exchange.forward()
    await asyncio.sleep(SLOW_S)
    raise ConnectionError


async def dripping(exchange):
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(int(SLOW_S / 0.1)):
        await exchange.write(b" ")
        await asyncio.sleep(0.1)
    raise ConnectionError


async def dripping_headers(exchange):
    await exchange.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(int(SLOW_S / 0.1)):
        await exchange.write(b"x")
        await asyncio.sleep(0.1)
    raise ConnectionError


async def bad_headers(exchange):
    content = await exchange.forward()
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(content))
    await exchange.write(b"this is none\r\nX-Other: 1\r\n\r\n" + content)


async def asking_for_patience(exchange):
    for _ in range(int(SLOW_S / 0.1)):
        await exchange.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.1)
    raise ConnectionError


def status(code, **headers):
    async def fault(exchange):
        await exchange.reply(b"try later", code, **headers)

    return fault


def status_after(code):
    async def fault(exchange):
        await exchange.forward()
        await exchange.reply(b"lost it", code)

    return fault


def says(content):
    """Return this answer to any request."""

    async def fault(exchange):
        await exchange.reply(content)

    return fault


def status_says(code, content):
    """Return this answer, with a status, to any request."""

    async def fault(exchange):
        await exchange.reply(content, code)

    return fault


def says_after(content):
    async def fault(exchange):
        await exchange.forward()
        await exchange.reply(content)

    return fault


def answers(method, result):
    """Answer as the chain does, but this to one method: a value, or a function of the chain's."""

    async def fault(exchange):
        answer = json.loads(await exchange.forward())
        requests = exchange.request if isinstance(exchange.request, list) else [exchange.request]
        responses = answer if isinstance(answer, list) else [answer]
        asked = {request["id"]: request["method"] for request in requests}
        for response in responses:
            if asked[response["id"]] == method:
                chains = response.pop("result", None)
                response.pop("error", None)
                response["result"] = result(chains) if callable(result) else result
        await exchange.reply(json.dumps(answer).encode())

    return fault


async def estimates_at_latest(exchange):
    """Estimate gas like geth, without pending transactions, which Anvil includes."""
    requests = exchange.request if isinstance(exchange.request, list) else [exchange.request]
    for one in requests:
        if one["method"] == "eth_estimateGas":
            one["params"] = [one["params"][0], "latest"]
    await exchange.reply(await exchange.forward_changed())


def errs(method, **error):
    """Answer with an error where this method is asked for."""

    async def fault(exchange):
        def one(request):
            made = {"jsonrpc": "2.0", "id": request["id"]}
            wanted = request["method"] == method
            return made | ({"error": error} if wanted else {"result": "0x7a69"})

        asked = exchange.request
        made = [one(request) for request in asked] if isinstance(asked, list) else one(asked)
        await exchange.reply(json.dumps(made).encode())

    return fault


def errs_after(method, **error):
    """Answer with an error where this method is asked for, once the chain has got it."""

    async def fault(exchange):
        await exchange.forward()
        await errs(method, **error)(exchange)

    return fault


def then_gone(proxy):
    """Return this answer and stop listening."""

    async def fault(exchange):
        content = await exchange.forward()
        proxy.stop_listening()
        await exchange.reply(content, connection="close")
        raise ConnectionError

    return fault


def lags(blocks):
    """Answer like a node that lags behind."""
    null = {
        "eth_getTransactionReceipt": lambda told: told["blockNumber"],
        "eth_getTransactionByHash": lambda told: told["blockNumber"] or hex(1 << 60),
        "eth_getBlockByNumber": lambda told: told["number"],
    }

    async def fault(exchange):
        head = json.loads(await exchange.ask("eth_blockNumber"))["result"]
        last = hex(max(int(head, 16) - blocks, 0))
        requests = exchange.request if isinstance(exchange.request, list) else [exchange.request]
        for one in requests:
            if one["method"] != "eth_estimateGas":
                one["params"] = [
                    last if each in ("latest", "pending") else each for each in one["params"]
                ]
        answer = json.loads(await exchange.forward_changed())
        responses = answer if isinstance(answer, list) else [answer]
        asked = {one["id"]: one["method"] for one in requests}
        for response in responses:
            number_of, told = null.get(asked[response["id"]]), response.get("result")
            if number_of and told and int(number_of(told), 16) > int(last, 16):
                response["result"] = None
        await exchange.reply(json.dumps(answer).encode())

    return fault
