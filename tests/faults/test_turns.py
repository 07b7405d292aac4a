"""Concurrent writes of one spender, by threads and tasks, never share a transaction number."""

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocn_registry import (
    KeySigner,
    OcnRegistryError,
    SetNode,
    WriteOptions,
)
from ocn_registry import contract_errors as errors

PATIENT = WriteOptions(timeout_s=120)
COUNT = 12


@pytest.fixture
def patient(way, connect, proxy):
    return connect(proxy.url, timeout_s=60, options=PATIENT)


@pytest.fixture
def at_once(way, patient):
    """Return a function that calls methods of the client concurrently, and returns the results."""

    def threads(*calls):
        def one(call):
            try:
                return getattr(patient, call[0])(*call[1], **call[2])
            except OcnRegistryError as error:
                return error

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    def tasks(*calls):
        async def all_of_them():
            made = [getattr(patient._client, name)(*given, **named) for name, given, named in calls]
            return await asyncio.gather(*made, return_exceptions=True)

        return patient.runner.run(all_of_them())

    return {"sync": threads, "async": tasks}[way]


@pytest.fixture
def requests(patient):
    """Return requests of many people."""
    return [
        patient.sign(SetNode(domain=f"https://{number}.example"), KeySigner.generate())
        for number in range(COUNT)
    ]


def submit(*signed, spender, **named):
    return "submit", signed, {"spender": spender, **named}


def test_requests_of_many_people_are_all_sent(at_once, patient, requests, operator, account):
    outcomes = at_once(*[submit(request, spender=operator) for request in requests])
    assert len({outcome.tx_hash for outcome in outcomes}) == COUNT
    assert {node.domain for node in patient.nodes()} == {
        request.intent.domain for request in requests
    }
    assert account.paid_for(COUNT)


def test_waiting_for_a_block_does_not_block_other_sends(
    at_once, requests, devnet, operator, account
):
    devnet.request("evm_setAutomine", False)
    numbers = itertools.count(1)

    def mine_after_the_last(_tx_hash):
        if next(numbers) == COUNT:
            devnet.request("evm_mine")

    options = WriteOptions(timeout_s=120, on_sent=mine_after_the_last)
    outcomes = at_once(
        *[submit(request, spender=operator, options=options) for request in requests]
    )
    assert len({outcome.block.number for outcome in outcomes}) == 1
    assert account.paid_for(COUNT)


def test_same_write_at_once_is_paid_once(at_once, requests, operator, account):
    outcomes = at_once(*[submit(requests[0], spender=operator)] * 4)
    done = [one for one in outcomes if not isinstance(one, BaseException)]
    assert done
    assert len({outcome.tx_hash for outcome in done}) == 1
    assert account.paid_for(1)


def test_reverting_write_uses_no_number(at_once, patient, operator, account):
    def set_node(url):
        return "set_node", (url,), {"signer": operator}

    taken = patient.sign(SetNode(domain="https://a.example"), KeySigner.generate())
    patient.submit(taken, spender=operator)
    outcomes = at_once(
        set_node("https://b.example"), set_node("https://a.example"), set_node("https://c.example")
    )
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [errors.DomainTaken]
    assert account.paid_for(3)


def test_interrupted_task_releases_its_turn(connect, proxy, operator, way):
    if way == "sync":
        return  # an interrupted thread is an interrupted program
    client = connect(proxy.url, timeout_s=60, options=PATIENT)

    async def interrupted():
        task = asyncio.ensure_future(client._client.set_node("https://a.example", signer=operator))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    client.runner.run(interrupted())
    client.set_node("https://b.example", signer=operator)
    assert client.node(operator.address).domain == "https://b.example"


class Device:
    """An external signer, like hardware and key services."""

    def __init__(self, signer):
        self._signer = signer
        self.address = signer.address

    async def sign(self, payload):
        await asyncio.sleep(0.01)
        return self._signer.sign(payload)

    async def sign_transaction(self, transaction):
        await asyncio.sleep(0.01)
        return self._signer.sign_transaction(transaction)


def test_signer_may_be_asynchronous(connect, proxy, operator, way, account):
    client = connect(proxy.url, timeout_s=60, options=PATIENT)
    device = Device(operator)
    if way == "sync":
        with pytest.raises(ValueError, match="AsyncRegistryClient"):
            client.set_node("https://a.example", signer=device)
        assert account.paid_for(0)
        client.set_node("https://a.example", signer=operator)  # the turn was given back
        return
    request = client.sign(SetNode(domain="https://a.example"), device)
    client.submit(request, spender=device)
    assert account.paid_for(1)
