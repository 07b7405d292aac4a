"""Untrusted text is escaped and bounded wherever it is shown."""

import pytest

from ocn_registry import HttpTransport, InvalidInput
from ocn_registry.cli.main import main
from ocn_registry.cli.output.render import talk
from ocn_registry.foreign.text import HIDDEN, HIDDEN_KEY, masked, shown
from ocn_registry.networks import built_in
from ocn_registry.relay.client import RelayClient

HOSTILE = "\x1b]0;owned\x07\r\n\u202egnp.exe\u2028\x9b31m"


@pytest.mark.parametrize("value", [HOSTILE, (HOSTILE,), [HOSTILE, (HOSTILE,)], {HOSTILE: 1}])
def test_text_can_not_command_a_terminal(value):
    assert shown(value).isprintable()


def test_a_list_is_a_line_of_bounded_length():
    inner = ["x" * 200] * 1000
    for value in ([inner, [inner] * 1000], {"a" * 200 + str(key): inner for key in range(1000)}):
        assert len(shown(value)) <= 2003
        assert len(shown(value, public=True)) <= 2003


def test_messages_can_not_command_a_terminal(capsys):
    talk(f"accepted  {HOSTILE}\nwritten to {HOSTILE}")
    said = capsys.readouterr().err.split("\n")
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize("value", ["x" * 10**6, b"x" * 10**6, ("x",) * 10**6, 10**500])
def test_text_is_bounded(value):
    assert len(shown(value)) < 1000


def test_plain_values_stay_plain():
    assert shown("Müller") == "'Müller'"
    assert shown(5) == "5"
    assert shown(b"\x01\x02") == "0x0102"
    assert shown("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").startswith("0x5a")
    assert shown((1, 2)) == "[1, 2]"
    assert shown(None) == "None"
    assert shown(True) == "True"


KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
PHRASE = "test test test test test test test test test test test junk"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        "0x" + KEY,
        "0X" + KEY.upper(),
        f"env:{KEY}",
        f"file:0x{KEY}",
        f"{KEY},",
        f"x{KEY}z",
        f"--signer={KEY}",
        f"/home/someone/{KEY}.txt",
        KEY[:-1],
        KEY + "0",
        " ".join(KEY[at : at + 4] for at in range(0, 64, 4)),
        "\n".join(KEY[at : at + 16] for at in range(0, 64, 16)),
        PHRASE,
        PHRASE.replace(" ", ", "),
        f"mnemonic = {PHRASE}",
        PHRASE.upper(),
        PHRASE.title(),
        PHRASE.replace(" ", "-"),
        PHRASE.replace(" ", "\n"),
        PHRASE.replace(" ", r"\n"),
        PHRASE.replace(" ", r"\\n"),
        PHRASE.replace(" ", "_"),
        PHRASE.replace(" ", "."),
        PHRASE.replace(" ", "; "),
        str(PHRASE.split()),
        " ".join(f"{number}. {word}" for number, word in enumerate(PHRASE.split(), 1)),
        "\n".join(f"{number}) {word}" for number, word in enumerate(PHRASE.split(), 1)),
        ", ".join(f"0x{KEY[at : at + 2]}" for at in range(0, 64, 2)),
        f"{KEY[:20]}\u200b{KEY[20:]}",
        f"{KEY[:20]}\u00a0{KEY[20:]}",
        rf"{KEY[:20]}\u200b{KEY[20:]}",
        rf"{KEY[:20]}\xa0{KEY[20:]}",
    ],
)
@pytest.mark.parametrize(
    "show", [shown, masked, lambda text: shown((text,)), lambda text: shown({1: text})]
)
def test_private_keys_are_hidden(text, show):
    result = show(text)
    assert HIDDEN_KEY in result
    assert not any(part in result for part in (KEY[:8], KEY[-8:], KEY[:8].upper(), "test test"))
    assert "TEST TEST" not in result.upper()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:secret@node.example:8545/v3/secret?key=secret#secret", "node.example:8545"),
        ("https://node.example/v3/secret", "node.example"),
        ("http://node.example?secret", "node.example"),
        ("wss://secret@node.example", "node.example"),
        ("https://us@er:secret@node.example/secret", "node.example"),
        ("can't reach 'https://node.example/secret': refused", "node.example"),
        ("HTTPS://NODE.EXAMPLE/secret", "NODE.EXAMPLE"),
        ("https:/node.example/secret", "node.example"),
        ("https//node.example/secret", "node.example"),
        ("user:secret@node.example:8545", "node.example"),
        ("https://user:sec/secret@node.example/", "https://"),
        ("https://user:secret#secret@node.example/", "https://"),
    ],
)
def test_a_url_is_shown_as_host_without_secrets(url, host):
    for result in (shown(url), masked(url), masked(url, hashes=True)):
        assert host in result
        assert "secret" not in result


@pytest.mark.parametrize(
    "text",
    [
        "https://node.example",
        "http://127.0.0.1:8545/",
        "DE-ABC",
        "node.example/ocpi/2.2.1/versions",
        "node.example/0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "requests.d/party-of-2026-11-28.json",
        "/var/lib/relay.d/session-of-20261128",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed, 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "the request is not JSON: is this the right file",
        "2026-11-28T04:23:00Z",
        "keystore:/home/someone/key.json",
        "/home/someone//file.json",
        "FORWARD_ALL, FORWARD_ALL_SENDER, FORWARD_MODULE_CDRS_SENDER",
        "get-node, list-nodes, get-party, list-parties, get-service, list-services",
    ],
)
def test_text_without_secrets_is_shown(text):
    assert masked(text) == text


@pytest.mark.parametrize("key", ["q7Zk2pX9vR4tYw8mN3bL6cD1", "01234567" * 4 + "89abcdef"])
@pytest.mark.parametrize(
    "form",
    [
        "node.example/v3/{}",
        "node.example:8545/{}",
        "localhost:8545/{}",
        "10.0.0.1/{}",
        "node.example?key={}",
        "node.example/v3?key={}&a=b",
        "https:node.example/{}",
    ],
)
def test_api_key_in_a_url_without_a_scheme_is_hidden(key, form):
    result = shown(form.format(key))
    assert key not in result
    assert HIDDEN in result


@pytest.mark.parametrize(
    "text",
    [
        f"xprv9s21ZrQH{'143K3QTDL4LXw2F7HEK3' * 5}",
        "rAl0vsOaFf4S3/pc0l2QZyRXvQp7wkAAABBBCCCDDDE=",
    ],
)
def test_keys_in_other_forms_are_hidden(text):
    assert shown(f"env:{text}") == repr(f"env:{HIDDEN_KEY}")


@pytest.mark.parametrize("name", ["node.example/secret", "localhost:8545/secret", "https:secret"])
def test_url_given_as_a_network_is_not_shown(name, capsys):
    with pytest.raises(InvalidInput) as failed:
        built_in(name)
    assert "secret" not in str(failed.value)
    with pytest.raises(SystemExit):
        main(["-n", name, "list-nodes"])
    assert "secret" not in capsys.readouterr().err


@pytest.mark.parametrize("url", ["node.example/v3/secret", "node.example?secret", "https:secret"])
def test_secret_in_an_expected_url_without_a_scheme_is_hidden(url):
    with pytest.raises(InvalidInput, match="not a valid URL") as failed:
        HttpTransport([url])
    assert "secret" not in str(failed.value)
    with pytest.raises(InvalidInput, match="not a valid relay URL") as failed:
        RelayClient(url)
    assert "secret" not in str(failed.value)


def test_public_text_and_hashes_in_node_messages_are_shown():
    assert KEY in shown("known transaction: 0x" + KEY, public=True)
    assert masked("known transaction: 0x" + KEY, hashes=True) == "known transaction: 0x" + KEY
    assert "/ocpi" in shown("https://node.example/ocpi", public=True)


@pytest.mark.parametrize(
    "text", ["0" * 10**7, "a b " * 10**6, "://" * 10**6, "http://" + "a@" * 10**6]
)
def test_long_text_is_cut_before_it_is_searched(text):
    assert len(masked(text)) <= len(text) // 100


def test_mask_is_not_cut():
    assert shown({"r": "0x" + "ab" * 32}, 20) == f"{{'r': '{HIDDEN_KEY}'}}"
