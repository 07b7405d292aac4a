"""What nodes and providers say in words means what it should, whatever code comes with it."""

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
    ],
    Meaning.FOR_GOOD: [
        "rejected due to project ID settings",
        "invalid api key",
        "Must be authenticated!",
        "the method eth_foo does not exist/is not available",
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
def test_words_count_before_codes(meaning, words, code):
    assert meaning_of("eth_call", code, words) is meaning
