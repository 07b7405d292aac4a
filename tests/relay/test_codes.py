"""Every error code of the OpenAPI document is produced, with the described status and path."""

import contextlib
import json
import re
import socket
import time
from types import SimpleNamespace

import jsonschema
import pytest
import urllib3
from served_relay import serving

from ocn_registry import KeySigner
from ocn_registry.errors import RpcUnavailable
from ocn_registry.registry_api.problems import CODES
from ocn_registry.relay import store
from ocn_registry.relay.database import DatabaseError
from ocn_registry.relay.intake import digest_of_key
from ocn_registry.relay.openapi import document
from ocn_registry.relay.policy import Policy

HTTP = urllib3.PoolManager(retries=False)


class World:
    """A relay, and everything needed to provoke its errors."""

    def __init__(self, **parts):
        self.__dict__.update(parts)

    def ask(self, method, path, body=None, **headers):
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        reply = HTTP.request(method, self.url + path, body=content, headers=headers)
        return method, path, reply.status, json.loads(reply.data)

    def submit(self, signed, **headers):
        return self.ask("POST", "/v1/requests", signed.document(), **headers)


@pytest.fixture
def policy(party):
    return Policy(allowed=frozenset([party.address]), waiting_per_account=2)


@pytest.fixture
def world(url, service, registration, registry, party, sender, fresh, operator, monkeypatch):
    return World(
        url=url,
        service=service,
        registration=registration,
        registry=registry,
        party=party,
        sender=sender,
        fresh=fresh,
        operator=operator,
        patch=monkeypatch,
    )


def invalid_request(w):
    return w.ask("POST", "/v1/requests", b"{")


def not_sponsored(w):
    return w.submit(w.registration(KeySigner.generate()))


def not_found(w):
    return w.ask("GET", "/v1/requests/0x00")


def method_not_allowed(w):
    return w.ask("PUT", "/v1/requests")


def body_timeout(w):
    w.patch.setattr("ocn_registry.relay.api._BODY_S", 0.2)
    host, port = w.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        head = b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
        connection.sendall(head)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while b"}" not in answer:
                answer += connection.recv(4096)
    status = int(answer.split()[1])
    return "POST", "/v1/requests", status, json.loads(answer.partition(b"\r\n\r\n")[2])


def nonce_in_use(w):
    w.submit(w.registration(w.party, nonce=0))
    return w.submit(w.registration(w.party, "XYZ", nonce=0))


def not_waiting(w):
    from ocn_registry.relay.documents import withdrawal  # noqa: PLC0415 - one use

    told = w.submit(w.registration(w.party))[3]
    w.sender.round()
    signature = w.party.sign(withdrawal(w.registry.deployment, told["id"]))
    body = {"signature": "0x" + signature.hex()}
    return w.ask("DELETE", f"/v1/requests/{told['id']}", body)


def too_large(w):
    return w.ask("POST", "/v1/requests", b" " * 70_000)


def expired(w):
    signed = w.registration(w.party, deadline_unix_s=int(time.time()) + 100)
    w.fresh.request("evm_increaseTime", 3600)
    w.fresh.request("evm_mine")
    return w.submit(signed)


def nonce_mismatch(w):
    return w.submit(w.registration(w.party, nonce=7))


def signature_mismatch(w):
    other = w.registration(KeySigner.generate()).document()["signature"]
    body = w.registration(w.party).document() | {"signature": other}
    return w.ask("POST", "/v1/requests", body)


def would_revert(w):
    other = KeySigner.from_key(w.fresh.accounts[4].private_key)
    w.registry.set_party("DE", "ABC", [0], w.operator.address, signer=other)
    return w.submit(w.registration(w.party))


def unsupported(w):
    """A registry of the first generation has no websites."""
    from ocn_registry.deploy.devnet import Devnet  # noqa: PLC0415 - one use
    from ocn_registry.registry_api.serving import Serving  # noqa: PLC0415 - the same

    body = {
        "account": w.party.address,
        "intent": {
            "type": "SetPartyWebsite",
            "countryCode": "DE",
            "partyId": "ABC",
            "website": "https://example.org",
        },
    }
    with Devnet(with_v1=True) as devnet, Serving(devnet.v1_deployment()) as serving:
        reply = serving.api.answer("POST", "/v1/prepare", (), json.dumps(body).encode())
    return "POST", "/v1/prepare", reply.status, json.loads(reply.body)


def quota_exceeded(w):
    with w.service.database.transaction() as transaction:
        transaction.run(
            "INSERT INTO api_key (name, digest, requests_per_day, revoked) VALUES (?, ?, 0, 0)",
            "shop",
            digest_of_key("shop"),
        )
    signed = w.registration(KeySigner.generate())
    return w.submit(signed, Authorization="Bearer shop")


def too_many_waiting(w):
    for nonce, name in enumerate(["AAA", "BBB"]):
        w.submit(w.registration(w.party, name, nonce=nonce))
    return w.submit(w.registration(w.party, "CCC", nonce=2))


def rate_limited(w):
    object.__setattr__(w.service.config, "requests_per_minute", 1)
    clock = SimpleNamespace(monotonic=lambda: 0.0, time=time.time)  # or a minute could end
    w.patch.setattr("ocn_registry.relay.api.time", clock)
    with serving(w.service) as url:
        w.url = url
        w.ask("POST", "/v1/requests", b"{}")
        return w.ask("POST", "/v1/requests", b"{}")


def internal(w):
    def mistake(*_args, **_named):
        raise RuntimeError

    w.patch.setattr(w.service.intake, "accept", mistake)
    return w.submit(w.registration(w.party))


def closed(w):
    with w.service.database.transaction() as transaction:
        store.pause(transaction, paused=True)
    return w.submit(w.registration(w.party))


def chain_unavailable(w):
    signed = w.registration(w.party)

    def gone(*_):
        raise RpcUnavailable("the RPC node can't be reached")

    w.patch.setattr("ocn_registry.transport.http_sync.HttpTransport.perform", gone)
    return w.submit(signed)


def database_unavailable(w):
    signed = w.registration(w.party)

    @contextlib.contextmanager
    def gone():
        raise DatabaseError("the disk is full")
        yield

    w.patch.setattr(w.service.database, "transaction", gone)
    return w.submit(signed)


PRODUCED = (
    *(invalid_request, not_sponsored, not_found, method_not_allowed, body_timeout),
    *(nonce_in_use, not_waiting, too_large, expired, nonce_mismatch, signature_mismatch),
    *(would_revert, unsupported, quota_exceeded, too_many_waiting, rate_limited, internal),
    *(closed, chain_unavailable, database_unavailable),
)


def test_every_code_is_produced_by_a_test():
    assert [each.__name__ for each in PRODUCED] == list(CODES)


@pytest.mark.parametrize("produce", PRODUCED, ids=lambda each: each.__name__)
def test_code_is_reported_with_its_status_where_it_is_described(world, produce):
    method, path, status, told = produce(world)
    code = produce.__name__
    assert (told["code"], told["status"], status) == (code, CODES[code].status, status)
    api = document()
    jsonschema.validate(told, api["components"]["schemas"]["Problem"])
    if code in {"internal", "method_not_allowed"}:  # possible for every path, so described for none
        return
    pattern = next(
        one
        for one in api["paths"]
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path)
        and method.lower() in api["paths"][one]
    )
    described = api["paths"][pattern][method.lower()]["responses"]
    assert code in described[str(status)]["description"].split(", ")
