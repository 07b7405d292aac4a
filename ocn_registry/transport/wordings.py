"""Error messages of nodes and providers: all known wordings in one table.

No standard defines codes for these errors, or clients don't follow it. The table only decides
whether a question is retried, on which node, and how the error is reported. Nothing about money
depends on it: the outcome of a transaction is read from the chain.
"""

from __future__ import annotations

import errno
import re
from enum import Enum
from typing import Final

from ocn_registry.portable.values import dataclass


class Meaning(Enum):
    """What an error says about the question."""

    REVERTED = "the contract refused it"
    BATCH = "there are too many questions in one request"
    RANGE = "it is about too many blocks, or its answer is too long"
    BUSY = "the node can't answer at the moment"
    BEHIND = "the node does not have the block yet"
    FOR_GOOD = "the node does not answer such questions"
    UNKNOWN = "nobody here knows"


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern of words, its meaning and its origin."""

    meaning: Meaning
    pattern: str
    sources: str


def _matches(pattern: str, words: str) -> bool:
    """Return whether words match a pattern; most commands never see an error, and compile none."""
    return re.search(pattern, words[:2000], re.IGNORECASE | re.VERBOSE) is not None


# The first match applies. A contract chooses the words after "execution reverted", so that comes
# first.
WORDINGS: Final = (
    Wording(
        Meaning.REVERTED,
        r"""
            \brevert(?:ed)?\b
            | (?:bad|invalid|undefined)[\ _]?(?:fe)?(?:instruction|jump|op(?:code|eration))
            | opcode\ ?not\ ?found | stack\ ?(?:under|over)flow | stack\ limit\ reached
            | out[\ _]?of[\ _]?(?:gas|bounds|offset) | memory\ ?oog | insufficient_gas
            | write\ protection | static\ ?(?:call|context) | (?:inside|during)\ ?static
            | illegal_state_change | max\ call\ depth | call\ ?too\ ?deep | built\ in\ failed
            | opcode\ 0x[0-9a-f]+\ not\ defined | invalid\ code: | out\ of\ stack | gas\ uint64
            | evm\ error:?\ (?:not\ ?activated|create\w*|\w*overflow|precompile\w*|\w*static\w*)\b
            | (?:access|static\ ?call)\ ?violation | precompile\ ?fail
            """,
        "geth, reth, Erigon, Anvil: 'execution reverted'; Besu: 'Execution reverted'; Ganache and "
        "Hardhat: 'VM Exception while processing transaction: revert'; data of OpenEthereum "
        "(openethereum/parity-ethereum#9395) and Nethermind (NethermindEth/nethermind#2098): "
        "'Reverted 0x...', 'revert', 'Bad instruction fe'. Where it does what none may: geth "
        "'invalid opcode: INVALID', 'out of gas', 'write protection'; Anvil and reth 'EVM error "
        "InvalidFEOpcode', 'EVM error: OutOfGas'; Besu 'INVALID_OPERATION', 'INSUFFICIENT_GAS'; "
        "OpenEthereum 'Mutable Call In Static Context'; Nethermind 'StackUnderflow'",
    ),
    Wording(
        Meaning.BATCH,
        r"""
            \bbatch
            | (?:request|call|question)s?\ in\ (?:a|one|each|the)\ (?:single\ )?(?:request|call)
            | array\ of\ (?:request|call)s | oversized\ request | max(?:imum)?\ body
            | (?:request|payload|entity|body|content\ length)\ (?:is\ )?too\ (?:large|big)
            | multiple\ (?:request|call)s | \d\ (?:call|request)s\ per\ request
            """,
        "geth since 1.11.3: 'batch too large' (ethereum/go-ethereum#26681); others: 'batch size "
        "limit exceeded', 'batch requests are not supported'; servers of JSON: 'request entity too "
        "large'; reth and other servers of jsonrpsee: 'Request is too big', 'Oversized request'",
    ),
    Wording(
        Meaning.BEHIND,
        r"""
            (?:header|block|state)\b.{0,60}not\ (?:be\ )?(?:yet\ )?(?:found|available)
            | (?:header|block|state)\b.{0,60}unavailable
            | unknown\ ?(?:block|header|ancestor) | (?:missing|unknown)\ trie\ node
            | trie\ node\ (?:is\ )?missing | layer\ (?:is\ )?stale | unfinalized\ (?:data|block)
            | (?:cannot|can't|could\ not|couldn't)\ (?:find|be\ found)
            | no\ (?:state|header|block|historical)\b.{0,20}\b(?:available|found)
            | no\ (?:such\ )?block\b | \bblock\b.{0,20}\b(?:doesn't|does\ not)\ exist
            | resource\ (?:not\ (?:found|available)|unavailable)
            | (?:block|header|height|state)\b.{0,40}\bnot\ (?:yet\ )?(?:been\ )?
              (?:reached|imported|canonical|processed)
            | not\ (?:currently\ )?canonical | (?:haven't|not)\ been\ (?:fully\ )?indexed
            | after\ last\ accepted
            | (?:greater|higher|larger|newer)\ than\ (?:the\ )?(?:latest|head|current)
            | less\ than\ or\ equal\ to\ the\ (?:latest|head|current)
            | height\b.{0,30}not\ available
            | beyond\ (?:the\ )?(?:current\ )?(?:head|chain|latest)
            | (?:greater|higher|after|ahead)\b.{0,20}(?:latest|head|current)\ block
            | block\b(?:(?!\brange).){0,30}(?:out\ of\ range|in\ the\ future|too\ (?:high|new))
            | blockoutofrange | future\ block | invalid\ block\ (?:tag|number)\b.{0,40}\d
            | not\ (?:been\ )?mined\ yet | not\ (?:yet\ )?available\ yet
            | (?:not|still|is)\ (?:yet\ )?(?:fully\ |currently\ )?sync(?:ed|ing) | not\ caught\ up
            | \bsync\b.{0,20}in\ progress | (?:not\ (?:yet\ )?in|out\ of)\ sync | lagging
            """,
        "geth: 'header not found', 'missing trie node' (ethereum/go-ethereum#25826); reth: 'block "
        "not found' (paradigmxyz/reth#5696); Nethermind, OpenEthereum: 'unknown block number', "
        "'One of the blocks specified in filter cannot be found'; Besu: 'Block not found', 'World "
        "state unavailable', 'Initial sync is still in progress'; Hardhat: 'invalid block tag 19. "
        "Latest block number is 18'; Ganache: 'BlockOutOfRangeError'; proxies before several nodes "
        "(MetaMask/metamask-extension#13322)",
    ),
    Wording(
        Meaning.RANGE,
        r"""
            (?:block|log|query|event|request|limit|max|exceed|wide|too)\w*\b.{0,80}\brange
            | range\b.{0,80}(?:exceed|limit|too|max|wide|large)
            | more\ than\ [\d,]+\ (?:result|log|block|event)
            | ranges?\ over\b | too\ many\ (?:result|log|block|event) | returned\ more\ than
            | (?:log|response|result)s?\ (?:response\ )?(?:size|is|are|set)?\ ?(?:exceed|too|limit)
            | query\ (?:timeout|exceed|time) | \b(?:log|result|response)s?\ (?:over|size)\b
            | blocks?\ (?:distance|span|interval) | (?:distance|span|interval)\ between
            | (?:at\ most|within|up\ to)\ [\d,]+\ (?:log|block|event|result)
            | max(?:imum)?\b.{0,40}\bblocks?\b | blocks?\ (?:are\ |is\ )?(?:allowed|per)\b
            | number\ of\ (?:requested\ )?(?:block|log)s | block\ count | too\ far\ apart
            | between\b.{0,20}\bblock | too\ much\ data | smaller\ than\ size
            """,
        "Infura: 'query returned more than 10000 results'; Alchemy: 'Log response size exceeded' "
        "(boundless-xyz/boundless#838); QuickNode: 'eth_getLogs is limited to a 10,000 range' "
        "(eternalsafe/wallet#57); reth: 'query exceeds max results'; Besu: 'range exceeds "
        "maximum RPC range limit'; others in ponder-sh/ponder, getLogsRetryHelper.ts",
    ),
    Wording(
        Meaning.FOR_GOOD,
        r"\b(?:gas|fee)\b.{0,40}(?:limit|cap\b|exceed|allowance) | exceed\w*\b.{0,20}\bgas\b",
        "about the transaction, in words that are otherwise about limits of requests; geth: 'tx "
        "fee exceeds the configured cap', 'exceeds block gas limit'; Besu: 'Intrinsic gas "
        "exceeds gas limit'",
    ),
    Wording(
        Meaning.BUSY,
        r"""
            \brate[\s-]*limit | too\ many\ (?:pending\ )?(?:request|connection|concurrent|call)
            | (?:request|call|connection|compute|daily|capacity|throughput|credit|quota|usage)s?\b
              .{0,60}(?:limit|exceed|exhaust|reached)
            | (?:limit|quota|capacity)\b.{0,40}(?:exceed|exhaust|reached|hit)
            | (?:exceed|exhaust|reached|over|hit)\w*\b.{0,40}(?:limit|quota|capacity|allowance\ of)
            | per\ (?:second|minute|day)\b | throttl | slow\ down | back\ ?off
            | try\ (?:it\ )?again | retry | temporar | overload | \bbusy\b | (?:un)?healthy
            | limited\ to\ [\d,.]+ | requests\ ?/\ ?s(?:ec)?\b | queue\ is\ full
            | no\ (?:available\ |known\ )?(?:rpc\ )?(?:upstream|backend|server|node)s?
            | upstreams?\ (?:connect|(?:is|are)\ down) | route\ your\ request
            | bad\ gateway | unable\ to\ complete | \A\s*eof\s*\Z | unexpected\ eof
            | error\ code:\ 1015 | internal\ (?:server\ )?error | cannot\ fulfill
            | upstreams?\ (?:have\ )?failed | no\ response | cancell?ed
            | (?:service|server|node)\ (?:is\ )?(?:un|not\ )
            | timed?[\s-]*out | deadline\ exceeded | context\ (?:canceled|cancelled|deadline)
            | starting | warming | shutting\ down | maintenance | loading
            | initiali[sz]ing | booting
            | connection\ (?:reset|refused|closed) | \bECONN[A-Z]+ | ETIMEDOUT | EAI_AGAIN
            | socket\ hang | broken\ pipe | no\ such\ host | no\ peers | cool\ down | too\ fast
            | failed\ to\ (?:fetch|connect|reach|forward)
            | (?:upstream|endpoint|backend|provider)s\ (?:are\ )?(?:unavailable|exhausted)
            | database\ error | mdbx | (?:database|db|pebble|server|channel)\W{1,2}(?:is\ )?closed
            """,
        "as HTTP 200: wevm/viem#3680, AntSeed/antseed#841, base/node#368, circlefin/arc-node#207; "
        "geth: 'request timed out' (-32002); proxyd: 'no backend is currently healthy to serve "
        "traffic', 'backend is overloaded'; dRPC: 'Can't route your request to suitable provider'; "
        "llamanodes/web3-proxy: 'no servers synced'; eRPC: 'all upstreams are down'; a node's or "
        "proxy's own network and database, in words of Go, Rust and Node.js",
    ),
    Wording(
        Meaning.FOR_GOOD,
        r"""
            (?:method|\beth_\w+)\b.{0,60}(?:disabled|unsupported
                |not\ (?:found|supported|allowed|available|exist|(?:white|allow)listed|included))
            | unsupported\ method | invalid\ (?:argument|params|request) | unauthori[sz]ed
            | forbidden | pruned | pruning | api\ key | authenticated | project\ id
            """,
        "JSON-RPC 2.0; nodes that have thrown old state away",
    ),
)

# Codes are used if no words match. JSON-RPC 2.0, section 5.1; EIP-1474; codes of providers.
CODES: Final = {
    3: Meaning.REVERTED,
    429: Meaning.BUSY,
    -32005: Meaning.BUSY,  # limit exceeded
    -32002: Meaning.BUSY,  # resource unavailable; geth: request timed out
    -32001: Meaning.BEHIND,  # resource not found
    -32603: Meaning.BUSY,  # internal error
    -32007: Meaning.BUSY,  # QuickNode: requests a second
    -32011: Meaning.BUSY,  # proxyd: no backend, or request limit
    -32014: Meaning.BEHIND,  # the reads of several nodes disagree
    -32029: Meaning.BUSY,  # too many requests
    -32090: Meaning.BUSY,
    -32097: Meaning.BUSY,
    -32600: Meaning.FOR_GOOD,
    -32601: Meaning.FOR_GOOD,
    -32602: Meaning.FOR_GOOD,
    -32604: Meaning.FOR_GOOD,
    -32700: Meaning.FOR_GOOD,
}
# HTTP: busy, or a gateway without the node behind it. 520 to 530 are Cloudflare's.
BUSY_STATUS: Final = frozenset({408, 425, 429, 502, 503, 504, 529, *range(520, 528), 530})
_ANSWER_TOO_LONG: Final = r"(?:response|answer)\ (?:is\ )?too\ (?:large|big|long)"
_ABOUT_EVENTS: Final = {"eth_getLogs"}
_HASH_UNKNOWN: Final = (
    r"block\ ?hash | cannot\ unmarshal | invalid\ (?:argument|type|block|params|hex) | expected"
    r" | hex\ string | not\ a\ (?:string|valid) | wrong\ type | deserializ"
)


# Connection errors, by class names of Python, urllib3 and aiohttp.
_CAUSES: Final = (
    (r"gaierror|NameResolution|DNS|Unicode", "the name of its host is not known"),
    (r"Refused", "nothing listens there"),
    (r"Certificate", "its certificate is not trusted"),
    (r"SSL", "it does not speak TLS as expected"),
    (r"Timeout", "it does not answer in time"),
    (
        r"WireError|BadStatus|Disconnected|Reset|BrokenPipe|Aborted|Protocol|Payload|Incomplete|Remote",
        "the connection ended early, or it does not speak HTTP",
    ),
)


def cause_of(error: BaseException) -> str:
    """Return why a connection failed, in our own words: the error's text may hold secrets."""
    inner = getattr(error, "os_error", None) or getattr(error, "reason", None)
    names = f"{type(error).__name__} {type(inner).__name__}"
    if isinstance(error, OSError) and error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return "there is no way to its host"
    cause = next((words for names_it, words in _CAUSES if re.search(names_it, names)), None)
    return cause or type(error).__name__


def meaning_of(method: str, code: int, words: str) -> Meaning:
    """Return what an error means.

    Args:
        method: The JSON-RPC method.
        code: The error's code; 0 if it has none.
        words: The text of the error's message and data.
    """
    for wording in WORDINGS:
        if wording.meaning is Meaning.RANGE and method not in _ABOUT_EVENTS:
            continue
        if _matches(wording.pattern, words):
            return wording.meaning
    return CODES.get(code, Meaning.UNKNOWN)


def is_about_the_batch(code: int, words: str) -> bool:
    """Return whether a question may be answered in a request with fewer questions.

    Args:
        code: The code of the question's error.
        words: The text of the error.

    Source: geth, `--rpc.batch-response-max-size`: 'response too large' (-32003).
    """
    return meaning_of("", code, words) is Meaning.BATCH or _matches(_ANSWER_TOO_LONG, words)


def refuses_a_hash(code: int, words: str) -> bool:
    """Return whether a node seems not to support calls at a block hash.

    Source: EIP-1898.
    """
    return code in {-32602, -32600, -32700} or _matches(_HASH_UNKNOWN, words)
