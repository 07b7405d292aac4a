"""Real nodes and gateways: their answers in place of the chain's."""

import gzip
import json
import zlib


def _asked(exchange):
    return exchange.request if isinstance(exchange.request, list) else [exchange.request]


def says_error(method, status=200, headers=None, **error):
    """Answer as the chain does, but with an error where this method is asked for."""

    async def fault(exchange):
        answer = json.loads(await exchange.forward())
        methods = {one["id"]: one["method"] for one in _asked(exchange)}
        for response in answer if isinstance(answer, list) else [answer]:
            if methods[response["id"]] == method:
                response.pop("result", None)
                response["error"] = error
        await exchange.reply(json.dumps(answer).encode(), status, **headers or {})

    return fault


def gateway_error(status=200, number=None, headers=None, **error):
    """Answer any request with one error object, like a gateway that has not read it."""

    async def fault(exchange):
        made = {"jsonrpc": "2.0", "id": number, "error": error}
        await exchange.reply(json.dumps(made).encode(), status, **headers or {})

    return fault


def list_of_one_error(**error):
    """Answer a batch as geth does when it is too long."""

    async def fault(exchange):
        made = [{"jsonrpc": "2.0", "id": _asked(exchange)[0]["id"], "error": error}]
        await exchange.reply(json.dumps(made).encode())

    return fault


def each_fails(**error):
    """Answer each question of a batch with the same error."""

    async def fault(exchange):
        made = [{"jsonrpc": "2.0", "id": one["id"], "error": error} for one in _asked(exchange)]
        await exchange.reply(json.dumps(made if len(made) > 1 else made[0]).encode())

    return fault


def rest_fails(count, **error):
    """Answer the first questions of a batch, and each other one with an error."""

    async def fault(exchange):
        answers = json.loads(await exchange.forward())
        left = [{"jsonrpc": "2.0", "id": one["id"], "error": error} for one in answers[count:]]
        await exchange.reply(json.dumps(answers[:count] + left).encode())

    return fault


def only_first(count):
    """Answer only the first questions of a batch."""

    async def fault(exchange):
        await exchange.reply(json.dumps(json.loads(await exchange.forward())[:count]).encode())

    return fault


def only_if(condition, fault):
    """Apply a fault to some exchanges, and pass the others through."""

    async def chosen(exchange):
        if condition(exchange):
            await fault(exchange)
        else:
            await exchange.reply(await exchange.forward())

    return chosen


def longer_than(count):
    return lambda exchange: isinstance(exchange.request, list) and len(exchange.request) > count


def wider_than(blocks):
    """Whether events of more blocks are asked for."""

    def wide(exchange):
        for one in _asked(exchange):
            if one["method"] == "eth_getLogs":
                (query,) = one["params"]
                if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= blocks:
                    return True
        return False

    return wide


def by_hash(exchange):
    """Whether a call names its block by the hash."""
    return any(
        isinstance(each, dict) and "blockHash" in each
        for one in _asked(exchange)
        for each in one["params"][1:]
    )


def coded(coding, *, header=True):
    """Compress the answer, although that was not requested."""
    pack = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "bare deflate": lambda content: zlib.compress(content, wbits=-15),
    }[coding]

    async def fault(exchange):
        headers = {"Content_Encoding": coding.split()[-1]} if header else {}
        await exchange.reply(pack(await exchange.forward()), **headers)

    return fault


def written(change):
    """Return the chain's answer in another encoding."""

    async def fault(exchange):
        await exchange.reply(change(await exchange.forward()))

    return fault


async def chunked(exchange):
    content = await exchange.forward()
    await exchange.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(content), 7):
        part = content[at : at + 7]
        await exchange.write(b"%x;name=value\r\n%b\r\n" % (len(part), part))
    await exchange.write(b"0\r\nX-Trailer: 1\r\n\r\n")


async def until_the_end(exchange):
    """Answer as HTTP/1.0 does: the end of the connection is the end of the answer."""
    await exchange.write(b"HTTP/1.0 200 OK\r\n\r\n" + await exchange.forward())
    raise ConnectionError
