"""The rules for URLs and names: every byte at every kind of position."""

import unicodedata

import pytest
from kit.contract import reverts

URL_CHARACTERS = set(b"abcdefghijklmnopqrstuvwxyz0123456789-._~:/%[]")
HOST_START = set(b"abcdefghijklmnopqrstuvwxyz0123456789[")


@pytest.fixture
def set_node(registry, operator):
    """Try a URL, given as bytes, in a call that changes nothing."""
    calldata = registry.setNode.calldata("?")[:4]

    def set_node(url):
        registry.call(calldata + text(url, 32), sender=operator)

    return set_node


def text(value, offset):
    """Encode a text that need not be UTF-8 as the only dynamic argument."""
    padded = value.ljust(-(-len(value) // 32) * 32, b"\0")
    return offset.to_bytes(32, "big") + len(value).to_bytes(32, "big") + padded


@pytest.fixture
def set_name(permissions, listed_party, provider):
    """Try a name, given as bytes, in a call that changes nothing."""
    listed_party(provider)
    selector = permissions.setService.selector

    def set_name(name):
        tail = text(name, 0)[32:]
        url, needs = bytes(32), (1).to_bytes(32, "big") + bytes(32)
        heads = (96, 96 + len(tail), 96 + len(tail) + 32)
        data = b"".join(head.to_bytes(32, "big") for head in heads) + tail + url + needs
        permissions.call(selector + data, sender=provider)

    return set_name


class TestUrl:
    """`http://` or `https://`, a host's first character, then `a-z 0-9 - . _ ~ : / % [ ]`."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://a",
            "https://a",
            "https://0",
            "https://node.example.com",
            "https://node.example.com:8443/ocn/v2",
            "http://192.168.0.1:8080",
            "https://[2001:db8::1]:443/ocn",
            "https://a/%7e_x-y.z~",
            "http://http://a",
            "https://https:a",
            "https://a//b",
            "https://a:",
            "https://a]",
            "https://a-",
            "https://a%",
        ],
    )
    def test_valid_one_is_accepted(self, write, registry, operator, url):
        write("SetNode", operator, url)

        assert registry.getNode(operator) == url

    @pytest.mark.parametrize(
        ("url", "position"),
        [
            ("", 0),
            ("h", 1),
            ("http", 4),
            ("https", 5),
            ("http:", 5),
            ("http:/", 6),
            ("http://", 7),
            ("https://", 8),
            ("https:/a", 7),
            ("http:/a", 6),
            ("http//a.b", 4),
            ("htp://a.b", 2),
            ("HTTP://a.b", 0),
            ("Https://a.b", 0),
            ("httpS://a.b", 4),
            ("httpss://a.b", 5),
            ("ftp://a.b", 0),
            ("ws://a.b", 0),
            ("javascript:alert", 0),
            ("//a.b", 0),
            ("node.example.com", 0),
            (" https://a.b", 0),
            ("https://-a", 8),
            ("https://.a", 8),
            ("https:///a", 8),
            ("http:///a", 7),
            ("https://:80", 8),
            ("https://%61", 8),
            ("https://]a", 8),
            ("https://_a", 8),
            ("https://~a", 8),
            ("https://A.b", 8),
            ("https://a.B", 10),
            ("https://a b", 9),
            ("https://a.b?c", 11),
            ("https://a.b#c", 11),
            ("https://a@b", 9),
            ("https://a\\b", 9),
            ("https://a.b/", 11),
            ("https://a.b.", 11),
            ("https://a/", 9),
            ("https://a.", 9),
            ("https://a\n", 9),
            ("https://a\x00", 9),
            ("https://\x00", 8),
            ("https://a\x7f", 9),
            ("https://\u00e4.b", 8),
            ("https://a\u00e4", 9),
            ("https://a.b\u200b", 11),
        ],
    )
    def test_invalid_one_is_refused_at_its_first_invalid_byte(
        self, write, registry, operator, url, position
    ):
        with reverts("InvalidUrl", position):
            write("SetNode", operator, url)

        assert registry.nodeCount() == 0

    @pytest.mark.parametrize("scheme", [b"http://", b"https://"])
    def test_every_byte_after_the_scheme(self, set_node, scheme):
        for byte in range(256):
            url = scheme + bytes([byte]) + b"a"
            if byte in HOST_START:
                set_node(url)
            else:
                with reverts("InvalidUrl", len(scheme)):
                    set_node(url)

    @pytest.mark.parametrize("before", [1, 22, 23, 24, 25, 55, 56, 57, 245])
    def test_every_byte_inside(self, set_node, before):
        """Also at the edges of the 32-byte words that the contract reads."""
        for byte in range(256):
            start = b"https://" + b"a" * before
            url = start + bytes([byte]) + b"a"
            if byte in URL_CHARACTERS:
                set_node(url)
            else:
                with reverts("InvalidUrl", len(start)):
                    set_node(url)

    @pytest.mark.parametrize("before", [1, 23, 24, 55, 246])
    def test_every_byte_at_the_end(self, set_node, before):
        for byte in range(256):
            start = b"https://" + b"a" * before
            url = start + bytes([byte])
            if byte in URL_CHARACTERS - set(b"/."):
                set_node(url)
            else:
                with reverts("InvalidUrl", len(start)):
                    set_node(url)

    @pytest.mark.parametrize("length", [9, 31, 32, 33, 63, 64, 65, 254, 255])
    def test_up_to_255_bytes_are_stored_whole(self, write, registry, operator, length):
        url = "https://" + "a" * (length - 8)

        receipt = write("SetNode", operator, url)

        assert registry.getNode(operator) == url
        assert receipt.events[0][1][1] == url

    @pytest.mark.parametrize("length", [256, 257, 1000])
    def test_more_are_refused(self, write, operator, length):
        with reverts("TextTooLong", length, 255):
            write("SetNode", operator, "https://" + "a" * (length - 8))

    def test_length_is_checked_first(self, write, operator):
        """No error carries text beyond its limit."""
        with reverts("TextTooLong", 256, 255):
            write("SetNode", operator, "?" * 256)

    @pytest.mark.parametrize("length", range(9))
    def test_every_beginning_of_a_scheme(self, set_node, length):
        for scheme in (b"http://", b"https://"):
            with reverts("InvalidUrl", len(scheme[:length])):
                set_node(scheme[:length])

    @pytest.mark.parametrize("scheme", [b"http://", b"https://"])
    def test_every_bit_of_a_scheme(self, set_node, scheme):
        for place in range(len(scheme)):
            for bit in range(8):
                other = bytearray(scheme)
                other[place] ^= 1 << bit
                if bytes(other) + b"a" in {b"http://a", b"https://a"}:
                    continue
                with reverts("InvalidUrl", place):
                    set_node(bytes(other) + b"a.b")

    def test_url_past_the_end_of_the_calldata_is_refused(self, registry, operator):
        data = registry.setNode.selector + (32).to_bytes(32, "big") + (64).to_bytes(32, "big")

        with reverts(""):
            registry.send(data + b"https://a", sender=operator)


# Unicode 15, table 3-7: well-formed UTF-8 byte sequences. For each row the bounds of each byte.
WELL_FORMED = [
    [(0x00, 0x7F)],
    [(0xC2, 0xDF), (0x80, 0xBF)],
    [(0xE0, 0xE0), (0xA0, 0xBF), (0x80, 0xBF)],
    [(0xE1, 0xEC), (0x80, 0xBF), (0x80, 0xBF)],
    [(0xED, 0xED), (0x80, 0x9F), (0x80, 0xBF)],
    [(0xEE, 0xEF), (0x80, 0xBF), (0x80, 0xBF)],
    [(0xF0, 0xF0), (0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
    [(0xF1, 0xF3), (0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
    [(0xF4, 0xF4), (0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)],
]


def is_good_name(name):
    """Return the verdict of Python's own strict decoder and Unicode data."""
    try:
        decoded = name.decode()
    except UnicodeDecodeError:
        return False
    return all(unicodedata.category(c) != "Cc" for c in decoded)


def edges():
    """Yield sequences with each byte at, just inside and just outside its bounds."""
    for row in WELL_FORMED:
        good = [low for low, _ in row]
        for place, (low, high) in enumerate(row):
            for byte in {low, low - 1, low + 1, high, high - 1, high + 1} & set(range(256)):
                yield bytes([*good[:place], byte, *good[place + 1 :]])
        for length in range(1, len(row)):
            yield bytes(good[:length])  # truncated
        yield bytes([*good, 0x80])  # one continuation too many
        yield bytes(high for _, high in row)


class TestName:
    """At most 100 bytes of UTF-8 without control characters."""

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "Smart charging",
            "123",
            "0x",
            "a'b\"c<d>",
            "Lädt schnell",
            "充电",
            "🔌⚡",
            "\u00a0",
            "\u07ff",
            "\u0800",
            "\ud7ff",
            "\ue000",
            "\uffff",
            "\U00010000",
            "\U0010ffff",
            "~",
            "a" * 100,
            "ä" * 50,
            "充" * 33 + "a",
            "🔌" * 25,
        ],
    )
    def test_valid_one_is_accepted(self, write, permissions, listed_party, provider, name):
        listed_party(provider)

        write("SetService", provider, name, "", [1])

        assert permissions.getService(provider).name == name

    @pytest.mark.parametrize(
        ("name", "position"),
        [
            ("\x00", 0),
            ("a\x00", 1),
            ("\n", 0),
            ("ab\tc", 2),
            ("\x1b[31m", 0),
            ("\x1f", 0),
            ("a\x7f", 1),
            ("\x80", 0),
            ("ä\x85", 2),
            ("🔌\x9f", 4),
            ("a" * 99 + "\n", 99),
            ("a" * 31 + "\r", 31),
            ("a" * 32 + "\r", 32),
            ("a" * 33 + "\r", 33),
        ],
    )
    def test_control_characters_are_refused(self, write, listed_party, provider, name, position):
        listed_party(provider)

        with reverts("InvalidName", position):
            write("SetService", provider, name, "", [1])

    @pytest.mark.parametrize("length", [101, 102, 1000])
    def test_more_than_100_bytes_are_refused(self, write, listed_party, provider, length):
        listed_party(provider)

        with reverts("TextTooLong", length, 100):
            write("SetService", provider, "a" * length, "", [1])

    def test_length_counts_bytes_not_characters(self, write, listed_party, provider):
        listed_party(provider)

        with reverts("TextTooLong", 102, 100):
            write("SetService", provider, "充" * 34, "", [1])

    @pytest.mark.parametrize("before", [0, 1, 30, 31, 32, 94])
    def test_edges_of_every_well_formed_sequence(self, set_name, before):
        for sequence in edges():
            name = b"a" * before + sequence + b"a"
            if is_good_name(sequence):
                set_name(name)
            else:
                with refused_name(before, sequence):
                    set_name(name)

    @pytest.mark.parametrize("before", [0, 31, 96])
    def test_edges_at_the_end_of_the_text(self, set_name, before):
        """No sequence uses bytes from beyond the text."""
        for sequence in edges():
            name = b"a" * before + sequence
            if len(name) > 100:
                continue
            if is_good_name(sequence):
                set_name(name)
            else:
                with refused_name(before, sequence):
                    set_name(name)

    def test_every_single_byte(self, set_name):
        for byte in range(256):
            if 0x20 <= byte < 0x7F:
                set_name(bytes([byte]))
            else:
                with reverts("InvalidName", 0):
                    set_name(bytes([byte]))

    def test_every_pair_of_bytes_that_begins_high(self, set_name):
        """Every lead byte with the edges of the second, since 16,384 sequences take too long."""
        for lead in range(0x80, 0x100):
            for second in (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF):
                pair = bytes([lead, second])
                if is_good_name(pair):
                    set_name(pair)
                else:
                    with reverts("InvalidName", 0):
                        set_name(pair)


def refused_name(before, sequence):
    """Expect a sequence to be refused after this many valid bytes."""
    # A valid character may come before the invalid byte of a sequence, as in "a" and 0x80.
    good = next(n for n in range(len(sequence), -1, -1) if is_good_name(sequence[:n]))
    return reverts("InvalidName", before + good)
