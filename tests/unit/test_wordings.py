"""Error messages of nodes and providers are understood, whatever their codes."""

import pytest

from ocn_registry.transport.wordings import Meaning, meaning_of

SAID = {
    Meaning.BATCH: [
        "batch size exceeds the limit of 100",
        "too many requests in a batch",
        "maximum number of requests in one call is 50",
        "You cannot send more than 100 calls in one request",
        "batch limit 100 exceeded: 142 requests given",
        "Too many [eth_call] methods in the batch",
        "Array of requests is too long",
        "request entity too large",
        "Request is too big",
        "Oversized request",
        "rpc request exceeds maximum body size",
        "content length too large (2000000>1048576)",
        "multiple requests at once not allowed",
        "max 10 calls per request",
    ],
    Meaning.BUSY: [
        "project ID request rate exceeded",
        "no available nodes found",
        "Unable to complete request at this time.",
        "upstream connect error or disconnect/reset before headers",
        "error code: 1015",
        "Bad gateway",
        "EOF",
        "call rate exhausted, wait 10m0s",
        "context deadline exceeded",
        "Cannot fulfill request",
        "429 Too Many Requests: over rate limit",
        "too many pending requests",
        "internal server error",
        "all upstreams failed",
        "request was cancelled",
        "Can't route your request to suitable provider",
        "no known RPC servers",
        "all upstreams are down",
        "free plan limited to 10 requests/sec",
        "queue is full",
        "database closed",
        "Database error.: IoError",
        "mdbx_txn_begin: MDBX_READERS_FULL",
        "http: server closed",
        "lookup node on 10.0.0.10:53: no such host",
        "write: broken pipe",
        "unexpected EOF",
        "socket hang up",
        "read ECONNRESET",
        "service is initializing",
        "node is booting up",
        "all endpoints are unavailable",
        "all upstreams exhausted",
        "no peers available",
        "failed to fetch from upstream",
        "too fast, cool down",
    ],
    Meaning.BEHIND: [
        "header for hash not found",
        "block doesn't exist",
        "no block with number 12",
        "required historical state unavailable (reexec=128)",
        "Block with such an ID is not found",
        "hash is not currently canonical",
        "block number 31 is greater than latest 30",
        "requested from block 10 after last accepted block 9",
        "state histories haven't been fully indexed yet",
        "block is not imported yet",
        "height 12 is not available, lowest height is 20",
        "Received invalid block tag 19. Latest block number is 18",
        "invalid block number: requested 19, head is 18",
        "UnknownBlock",
        "node is currently syncing and not able to serve requests",
        "future block requested",
        "requested block is ahead of the latest block",
        "the block you requested has not been mined yet",
        "data is not available yet",
        "Initial sync is still in progress",
        "incomplete while ancient block sync is still in progress",
        "unfinalized data cannot be queried",
        "height must be less than or equal to the current blockchain height",
        "trie node missing",
        "layer stale",
        "Requested height 20 is greater than current height 18",
        "the block number is larger than the latest",
        "block 0x14 has not been processed yet",
        "node is not in sync",
        "upstream is lagging",
    ],
    Meaning.FOR_GOOD: [
        "rejected due to project ID settings",
        "invalid api key",
        "Must be authenticated!",
        "the method eth_foo does not exist/is not available",
        "method is not whitelisted",
        "eth_getLogs is not available on the Free tier",
        "exceeds block gas limit",
        "tx fee (1.00 ether) exceeds the configured cap (0.10 ether)",
        "Intrinsic gas exceeds gas limit",
        "gas required exceeds allowance (0)",
    ],
    Meaning.REVERTED: [
        "execution reverted: rate limit exceeded",
        "execution reverted: no block",
        "VM Exception while processing transaction: revert",
        "EVM error NotActivated",
        "invalid opcode: opcode 0x5f not defined",
        "VM execution error.: Out of stack",
    ],
}


@pytest.mark.parametrize("code", [-32000, -32002, -32600])
@pytest.mark.parametrize(
    ("meaning", "words"), [(meaning, words) for meaning, all_ in SAID.items() for words in all_]
)
def test_message_text_outweighs_the_code(meaning, words, code):
    assert meaning_of("eth_call", code, words) is meaning


@pytest.mark.parametrize(
    "words",
    [
        "block range too high",
        "maximum [from, to] blocks distance: 2000",
        "distance between fromBlock and toBlock is too large",
        "the requested block span is too big",
        "exceeded max block interval of 1000",
        "fromBlock and toBlock must be within 2000 blocks",
        "limit the query to at most 1000 blocks",
        "response size should not be greater than 10000000 bytes",
        "logs over limit",
        "eth_getLogs is limited to 1024 blocks of range",
        "Maximum allowed number of requested blocks is 3500",
        "query must be smaller than size 1024",
        "too much data requested",
        "difference between from and to block is greater than 5000",
        "fromBlock and toBlock are too far apart",
        "You requested 9000 blocks; only 2000 blocks are allowed per request",
        "number of blocks exceeds 2000",
        "max number of blocks is 500",
        "Maximum 2000 blocks allowed",
        "Exceeded maximum block count of 1000",
    ],
)
def test_words_about_too_many_events_are_of_the_range(words):
    assert meaning_of("eth_getLogs", -32602, words) is Meaning.RANGE


def test_block_that_is_not_there_yet_is_not_a_range():
    for words in ("block is out of range", "one of the blocks in the filter cannot be found"):
        assert meaning_of("eth_getLogs", -32000, words) is Meaning.BEHIND
