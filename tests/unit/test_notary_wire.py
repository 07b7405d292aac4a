"""Signatures in headers: valid ones are read, and hostile ones raise a single error."""

import gzip
import json
import tracemalloc
from base64 import b64decode, b64encode

import brotli
import pytest

from ocn_registry.notary import MalformedSignature, MessageSignature, NotaryLimits, OcpiMessage
from ocn_registry.signing import KeySigner

SIGNER = KeySigner.from_key("11" * 32)
MESSAGE = OcpiMessage(headers={"x-correlation-id": "c"}, body={"é": "ü", "url": "https://a"})
SIGNATURE = MessageSignature.sign(MESSAGE, SIGNER)
REWRITTEN = SIGNATURE.rewrite(MESSAGE, {"$['body']['url']": "https://b"}, SIGNER)[1]


def as_json(signature):
    return json.loads(brotli.decompress(b64decode(signature.to_header())))


GOOD = as_json(REWRITTEN)


GOOD_JSON = json.dumps(GOOD).encode()


def packed(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b64encode(brotli.compress(text, quality=4)).decode()


def test_brotli_and_gzip_are_read():
    text = json.dumps(GOOD).encode()
    assert MessageSignature.from_header(packed(text)) == REWRITTEN
    assert MessageSignature.from_header(b64encode(gzip.compress(text)).decode()) == REWRITTEN
    assert MessageSignature.from_header(f" {packed(text)}\n") == REWRITTEN


def test_json_is_written_as_the_javascript_library_does():
    text = brotli.decompress(b64decode(SIGNATURE.to_header())).decode()
    assert list(json.loads(text)) == ["fields", "hash", "rsv", "signatory", "rewrites"]
    assert "$['body']['é']" in text
    assert text.endswith(',"rewrites":[]}')
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("rewrites", [[], None])
def test_rewrites_may_be_missing(rewrites):
    value = {key: value for key, value in GOOD.items() if key != "rewrites"}
    assert MessageSignature.from_header(packed(value)).rewrites == ()
    assert MessageSignature.from_header(packed(value | {"rewrites": rewrites})).rewrites == ()


def test_unknown_properties_are_ignored():
    assert MessageSignature.from_header(with_more(b"[1.5, null]")) == REWRITTEN
    assert MessageSignature.from_header(packed(GOOD | {"version": 2})) == REWRITTEN


def in_rewrite(**changes):
    return GOOD | {"rewrites": [GOOD["rewrites"][0] | changes]}


def with_more(value):
    """Add a property to a valid signature that no library writes."""
    return packed(GOOD_JSON[:-1] + b', "more": ' + value + b"}")


HOSTILE = {
    "empty": "",
    "not base64": "%%%",
    "half base64": packed(GOOD)[:-3],
    "not ascii": "é",
    "terminal": "\x1b[2J",
    "node's own form": "ab" * 65,
    "not brotli": b64encode(b"\xff" * 100).decode(),
    "cut": b64encode(b64decode(packed(GOOD))[:-1]).decode(),
    "followed": b64encode(b64decode(packed(GOOD)) + b"x").decode(),
    "cut gzip": b64encode(gzip.compress(b"{}")[:-1]).decode(),
    "gzip magic only": b64encode(b"\x1f\x8b").decode(),
    "gzip twice": b64encode(gzip.compress(GOOD_JSON) * 2).decode(),
    "gzip and more": b64encode(gzip.compress(GOOD_JSON) + b"x").decode(),
    "not utf-8": packed(b'{"fields": ["\xff"]}'),
    "utf-8 bom": packed(b"\xef\xbb\xbf{}"),
    "not json": packed(b"{"),
    "nothing": packed(b""),
    "nan": with_more(b"NaN"),
    "infinity": with_more(b"-Infinity"),
    "overflowing": with_more(b"1e400"),
    "long number": with_more(b"1" + b"0" * 10_000),
    "big number": with_more(b"1" + b"0" * 400),
    "half a character": with_more(b'"\\ud800"'),
    "duplicates": packed(GOOD_JSON[:-1] + b', "version": 1, "version": 2}'),
    "deep": with_more(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": with_more(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "rather deep": with_more(b"[" * 65 + b"]" * 65),
    "array": packed([GOOD]),
    "null": packed(None),
    "no fields": packed({key: value for key, value in GOOD.items() if key != "fields"}),
    "fields of numbers": packed(GOOD | {"fields": [1]}),
    "fields as text": packed(GOOD | {"fields": "$['body']"}),
    "wildcard": packed(GOOD | {"fields": ["$..*"]}),
    "script": packed(GOOD | {"fields": ["$[(@.length-1)]"]}),
    "filter": packed(GOOD | {"fields": ["$['body'][?(@.a)]"]}),
    "root": packed(GOOD | {"fields": ["$"]}),
    "empty path": packed(GOOD | {"fields": [""]}),
    "two in one": packed(GOOD | {"fields": ["$['a','b']"]}),
    "negative": packed(GOOD | {"fields": ["$['a'][-1]"]}),
    "leading zero": packed(GOOD | {"fields": ["$['a'][01]"]}),
    "endless index": packed(GOOD | {"fields": [f"$['a'][{'9' * 500}]"]}),
    "long path": packed(GOOD | {"fields": [f"$['{'a' * 5000}']"]}),
    "deep path": packed(GOOD | {"fields": ["$" + "[0]" * 100]}),
    "path with a line": packed(GOOD | {"fields": ["$['a'\n]"]}),
    "hash of 63": packed(GOOD | {"hash": GOOD["hash"][:-1]}),
    "hash in capitals": packed(GOOD | {"hash": "0x" + "AB" * 32}),
    "hash with a line": packed(GOOD | {"hash": GOOD["hash"] + "\n"}),
    "hash as number": packed(GOOD | {"hash": 1}),
    "rsv without 0x": packed(GOOD | {"rsv": GOOD["rsv"][2:]}),
    "rsv of a contract": packed(GOOD | {"rsv": GOOD["rsv"] + "00"}),
    "rsv null": packed(GOOD | {"rsv": None}),
    "other digits": packed(GOOD | {"rsv": "0x" + "\u0661" * 130}),
    "no address": packed(GOOD | {"signatory": "0x12"}),
    "bad checksum": packed(GOOD | {"signatory": GOOD["signatory"][:-1] + "b"}),
    "signatory null": packed(GOOD | {"signatory": None}),
    "rewrites as object": packed(GOOD | {"rewrites": {}}),
    "rewrite as text": packed(GOOD | {"rewrites": ["x"]}),
    "rewrite without fields": packed(in_rewrite(rewrittenFields=None)),
    "rewrite with a list": packed(in_rewrite(rewrittenFields=["x"])),
    "rewrite without path": packed(in_rewrite(rewrittenFields={"body": 1})),
    "rewrite of a prototype": packed(in_rewrite(rewrittenFields={"$.__proto__.x": 1})),
    "rewrite without hash": packed(in_rewrite(hash="")),
    "rewrite without rsv": packed(in_rewrite(rsv="0x")),
    "rewrite of nobody": packed(in_rewrite(signatory="")),
    "many fields": packed(GOOD | {"fields": ["$['a']"] * 50_001}),
    "many rewrites": packed(GOOD | {"rewrites": GOOD["rewrites"] * 17}),
    "many old values": packed(
        in_rewrite(rewrittenFields={f"$['body']['{number}']": 1 for number in range(257)}),
    ),
    "long header": "A" * (512 * 1024 + 4),
}


def test_a_stream_without_its_end_is_refused():
    stream = brotli.Compressor(quality=4)
    text = stream.process(GOOD_JSON) + stream.flush()
    assert MessageSignature.from_header(b64encode(text + stream.finish()).decode()) == REWRITTEN
    with pytest.raises(MalformedSignature, match="cut off"):
        MessageSignature.from_header(b64encode(text).decode())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_headers_end_in_one_clear_line(text):
    with pytest.raises(MalformedSignature) as refused:
        MessageSignature.from_header(text)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


def brotli_at_4(text):
    return brotli.compress(text, quality=4)


@pytest.mark.parametrize("compress", [brotli_at_4, gzip.compress])
def test_bombs_are_refused_before_they_unpack(compress):
    bomb = b64encode(compress(b" " * 60_000_000)).decode()
    assert len(bomb) < 512 * 1024
    tracemalloc.start()
    try:
        with pytest.raises(MalformedSignature, match="unpacks to more than"):
            MessageSignature.from_header(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize(
    "limits",
    [
        NotaryLimits(header_chars=100),
        NotaryLimits(json_bytes=100),
        NotaryLimits(fields=2),
        NotaryLimits(rewrites=0),
        NotaryLimits(rewritten_fields=0),
    ],
)
def test_limits_can_be_set_by_the_caller(limits):
    MessageSignature.from_header(packed(GOOD))
    with pytest.raises(MalformedSignature, match=r"allowed|unpacks"):
        MessageSignature.from_header(packed(GOOD), limits=limits)


def test_a_page_of_a_hundred_locations_is_within_the_limits():
    connector = {"id": "1", "standard": "IEC_62196_T2", "max_voltage": 220, "tariff_ids": ["1"]}
    evse = {"uid": "3256", "status": "AVAILABLE", "connectors": [connector] * 2}
    location = {"id": "LOC1", "name": "Gent Zuid", "coordinates": {"latitude": "3.7", "x": "51.0"}}
    page = OcpiMessage(headers={}, body={"data": [location | {"evses": [evse] * 20}] * 100})
    signature = MessageSignature.sign(page, SIGNER)
    assert len(signature.fields) > 20_000
    header = signature.to_header()
    assert MessageSignature.from_header(header).verify(page, require_all_fields=True)
