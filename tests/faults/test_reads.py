"""Reads over a bad connection or from a bad node end in a documented error or use another node."""

import pytest
from faulty import faults

from ocn_registry import (
    BadAnswer,
    RpcRefused,
    RpcTimeout,
    RpcUnavailable,
    WrongChain,
)
from ocn_registry.protocol.effects import Sleep
from ocn_registry.transport import rpc_pool

DEEP = b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 200_000 + b"]" * 200_000 + b"}"

BROKEN = {
    "reset": (faults.reset, RpcUnavailable),
    "reset in mid-answer": (faults.reset_in_mid_answer, RpcUnavailable),
    "half an answer": (faults.half, RpcUnavailable),
    "slow": (faults.slow, RpcTimeout),
    "dripping": (faults.dripping, RpcTimeout),
    "dripping headers": (faults.dripping_headers, RpcTimeout),
    "bad headers": (faults.bad_headers, RpcUnavailable),
    "asking for patience": (faults.asking_for_patience, RpcTimeout),
    "429": (faults.status(429, Retry_After="1"), RpcUnavailable),
    "503": (faults.status(503), RpcUnavailable),
    "404": (faults.status(404), RpcUnavailable),
    "redirect": (faults.status(302, Location="http://127.0.0.1:1/"), RpcUnavailable),
    "megabytes": (faults.says(b" " * 3_000_000), BadAnswer),
    "no JSON": (faults.says(b"<html>"), BadAnswer),
    "nothing": (faults.says(b""), BadAnswer),
    "deeply nested": (faults.says(DEEP), BadAnswer),
    "huge number": (faults.says(b"1" * 10_000), BadAnswer),
    "wrong id": (faults.says(b'{"jsonrpc":"2.0","id":999999,"result":"0x"}'), BadAnswer),
    "id of another kind": (faults.says(b'[{"id":[],"result":"0x"},{"id":{}}]'), BadAnswer),
    "no object": (faults.says(b"5"), BadAnswer),
    "wrong type": (faults.answers("eth_call", {"a": 1}), BadAnswer),
    "odd digits": (faults.answers("eth_call", "0x123"), BadAnswer),
    "words cut off": (faults.answers("eth_call", "0x" + "00" * 31), BadAnswer),
    "offset beyond the end": (faults.answers("eth_call", "0x" + "ff" * 64), BadAnswer),
    "refusal": (faults.errs("eth_call", code=-32005, message="\x1b[2J limit"), RpcRefused),
}


@pytest.fixture(params=BROKEN, ids=lambda name: name.replace(" ", "-"))
def broken(request):
    return BROKEN[request.param]


def test_bad_answer_is_the_documented_error(connect, proxy, operator, broken):
    fault, error = broken
    proxy.inject(fault)
    # Where every answer is late, a busy machine makes no difference.
    client = connect(proxy.url, **({"timeout_s": 0.4} if error is RpcTimeout else {}))
    with pytest.raises(error) as outcome:  # what ends by itself, in the end, is another error
        client.node(operator.address)
    assert type(outcome.value).__mro__.index(error) <= 1
    assert str(outcome.value).isprintable()
    assert proxy.posts <= 2


def test_other_node_answers_in_its_place(connect, proxy, devnet, operator, broken):
    fault, error = broken
    proxy.inject(fault)
    client = connect(proxy.url, devnet.rpc_url)
    if error is RpcRefused:  # that is an answer
        return
    if error is RpcTimeout and fault is not faults.slow:  # one way of being late is enough
        return
    assert client.node(operator.address) is None
    assert client.nodes() == ()
    assert proxy.posts == 1  # the one that answered last is asked first


@pytest.mark.parametrize(
    "fault", [faults.reset, faults.half, faults.status(429, Retry_After="0"), faults.status(502)]
)
def test_temporary_fault_of_a_read_is_outlasted(client, proxy, operator, fault):
    proxy.inject(fault, times=1)
    assert client.node(operator.address) is None
    assert proxy.posts == 2


@pytest.mark.parametrize(("asked", "pause_s"), [("1", 1), ("86400", 5), ("soon", 0.1)])
def test_retry_after_is_respected_within_limits(
    client, proxy, operator, monkeypatch, asked, pause_s
):
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        return Sleep(0)

    monkeypatch.setattr(rpc_pool, "Sleep", sleep)
    proxy.inject(faults.status(429, Retry_After=asked), times=1)
    assert client.node(operator.address) is None
    assert pauses == [pause_s]


def test_bad_headers_do_not_put_the_key_of_a_url_into_the_log(connect, proxy, operator, caplog):
    client = connect(f"{proxy.url}/secret-key")
    proxy.inject(faults.bad_headers)
    with pytest.raises(RpcUnavailable) as outcome:
        client.node(operator.address)
    assert "secret-key" not in caplog.text + str(outcome.value)


def test_cookies_are_not_kept(connect, proxy, operator):
    asked = []

    async def with_a_cookie(exchange):
        asked.append(exchange.fields)
        await exchange.reply(await exchange.forward(), Set_Cookie=f"a{len(asked)}=b")

    proxy.inject(with_a_cookie)
    client = connect(proxy.url.replace("127.0.0.1", "localhost"))  # an address's nobody keeps
    for _ in range(3):
        client.node(operator.address)
    assert len(asked) == 3
    assert not [field for fields in asked for field in fields if field.startswith(b"cookie")]


def test_slow_node_does_not_get_the_same_request_again(connect, proxy, operator):
    proxy.inject(faults.slow)
    with pytest.raises(RpcTimeout):
        connect(proxy.url, timeout_s=0.4).node(operator.address)
    assert proxy.posts == 1


def test_unreachable_node_is_reported(client, proxy, operator, account):
    proxy.refuse()
    with pytest.raises(RpcUnavailable, match="check the URL"):
        client.node(operator.address)
    with pytest.raises(RpcUnavailable):
        client.set_node("https://a.example", signer=operator)
    assert account.paid_for(0)


def test_wrong_chain_is_reported_by_reads_and_writes(client, proxy, operator, account):
    proxy.inject(faults.answers("eth_chainId", "0xf6"))
    with pytest.raises(WrongChain) as outcome:
        client.node(operator.address)
    assert (outcome.value.expected, outcome.value.got) == (31337, 246)
    with pytest.raises(WrongChain):
        client.set_node("https://a.example", signer=operator)
    assert proxy.asked["eth_sendRawTransaction"] == 0
    assert account.paid_for(0)


def test_chain_is_asked_for_once_and_with_the_first_question(client, proxy, operator):
    for _ in range(3):
        client.node(operator.address)
    assert proxy.asked["eth_chainId"] == 1
    assert proxy.posts == 3


def test_other_node_has_to_be_on_the_chain_too(connect, proxy, operator):
    proxy.inject(faults.status(404), times=1)
    proxy.inject(faults.answers("eth_chainId", "0xf6"))
    client = connect(proxy.url, proxy.url + "/other")
    with pytest.raises(WrongChain):
        client.node(operator.address)


def test_list_is_one_request_and_one_for_the_head(client, proxy):
    client.owner.address()
    before = proxy.posts
    assert client.parties() == ()
    assert proxy.posts == before + 2


@pytest.mark.parametrize("says_no", [faults.status(413), faults.says(b'{"id":null,"error":{}}')])
def test_node_without_batches_is_asked_one_by_one(client, proxy, says_no):
    async def no_batches(exchange):
        if isinstance(exchange.request, list):
            await says_no(exchange)
        else:
            await exchange.reply(await exchange.forward())

    proxy.inject(no_batches)
    assert client.parties() == ()
    posts = proxy.posts
    assert client.parties() == ()
    assert proxy.posts == posts + 3  # the head, the count, a page


@pytest.mark.parametrize(
    "nonsense",
    [
        faults.says(b'{"jsonrpc":"2.0","id":999999,"result":"0x"}'),
        faults.status(404),
        faults.reset,
        faults.status(503),
    ],
    ids=range(4),
)
def test_invalid_answer_to_a_batch_does_not_disable_batches(client, proxy, nonsense):
    client.parties()
    proxy.inject(nonsense, "eth_call", times=1)
    assert client.parties() == ()
    posts = proxy.posts
    assert client.parties() == ()
    assert proxy.posts == posts + 2  # the count and a page in one, as before


def test_batches_have_the_configured_length(connect, proxy):
    client = connect(proxy.url, max_batch=1)
    assert client.parties() == ()
    assert proxy.posts == 4


def test_name_that_no_host_can_have_is_not_known_and_the_next_node_is_asked(
    connect, devnet, operator
):
    url = f"http://{'a' * 64}.example"
    with pytest.raises(RpcUnavailable, match="the name of its host is not known"):
        connect(url).node(operator.address)
    assert connect(url, devnet.rpc_url).node(operator.address) is None
