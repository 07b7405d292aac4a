"""Keystores of any program open, or the message says what is wrong; none blocks the program."""

import base64
import hashlib
import json
import os
import threading
import unicodedata

import pytest
from Crypto.Cipher import AES
from eth_account import Account

from ocn_registry import InvalidInput, KeySigner
from ocn_registry.evm.keccak import keccak256
from ocn_registry.signing.key_files import private_text

KEY = bytes.fromhex("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d")
ADDRESS = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b"
SECRET = "testpassword"  # noqa: S105 - of the published examples
IV, SALT = b"\x01" * 16, b"\x02" * 32
DELETED = object()


def keystore(*changes, secret=b"testpassword", key=KEY, rounds=2):
    """Make a keystore of version 3, with (value, path...) changed in it."""
    derived = hashlib.pbkdf2_hmac("sha256", secret, SALT, rounds, 32)
    encrypted = AES.new(derived[:16], AES.MODE_CTR, nonce=b"", initial_value=IV).encrypt(key)
    content = {
        "address": ADDRESS[2:].lower(),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": IV.hex()},
            "ciphertext": encrypted.hex(),
            "kdf": "pbkdf2",
            "kdfparams": {"c": rounds, "dklen": 32, "prf": "hmac-sha256", "salt": SALT.hex()},
            "mac": keccak256(derived[16:32] + encrypted).hex(),
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3,
    }
    for value, *path in changes:
        place = content
        for step in path[:-1]:
            place = place[step]
        if value is DELETED:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return content


def scrypt(**changes):
    parameters = {"n": 2, "r": 8, "p": 1, "dklen": 32, "salt": SALT.hex()} | changes
    return (("scrypt", "crypto", "kdf"), (parameters, "crypto", "kdfparams"))


@pytest.fixture
def opened(tmp_path):
    """Open a file as a keystore."""

    def run(content, passphrase=SECRET):
        file = tmp_path / "store.json"
        if not isinstance(content, bytes):
            text = content if isinstance(content, str) else json.dumps(content)
            content = text.encode()
        file.write_bytes(content)
        return KeySigner.from_keystore(file, lambda: passphrase)

    return run


# From the specification of the format.
PUBLISHED_PBKDF2 = """{"crypto": {"cipher": "aes-128-ctr",
"cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
"ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
"kdf": "pbkdf2", "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256",
"salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
"mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
"id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}"""
PUBLISHED_SCRYPT = """{"crypto": {"cipher": "aes-128-ctr",
"cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
"ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
"kdf": "scrypt", "kdfparams": {"dklen": 32, "n": 262144, "p": 8, "r": 1,
"salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
"mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},
"id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}"""


@pytest.mark.parametrize("text", [PUBLISHED_PBKDF2, PUBLISHED_SCRYPT], ids=["pbkdf2", "scrypt"])
def test_published_examples_open(opened, text):
    assert opened(text).address == ADDRESS


def capitals(content):
    """Write every key of an object with a capital."""
    if not isinstance(content, dict):
        return content
    return {key.capitalize(): capitals(value) for key, value in content.items()}


def prefixed(content):
    crypto = content["crypto"]
    for place, key in [(crypto, "mac"), (crypto, "ciphertext"), (crypto["cipherparams"], "iv")]:
        place[key] = "0x" + place[key].upper()
    return content


@pytest.mark.parametrize(
    "content",
    [
        keystore(),
        capitals(keystore()),
        prefixed(keystore()),
        [keystore()],
        keystore(("3", "version")),
        keystore(("2", "crypto", "kdfparams", "c")),
        keystore((2.0, "crypto", "kdfparams", "c")),
        keystore(("AES-128-CTR", "crypto", "cipher")),
        keystore(("PBKDF2", "crypto", "kdf")),
        keystore((DELETED, "crypto", "kdfparams", "prf")),
        keystore((DELETED, "address")),
        keystore(("", "address")),
        keystore((DELETED, "id")),
        keystore((ADDRESS, "address")),
        keystore(({}, "meta"), ("name", "name"), ({"mnemonicCounter": "0"}, "x-ethers")),
        json.dumps(keystore()).encode("utf-8-sig"),
        json.dumps(keystore()).encode("utf-16"),
        json.dumps(keystore()).encode("utf-16-le"),
        json.dumps(keystore()).encode("utf-32"),
        json.dumps(keystore(), indent=2).replace("\n", "\r\n"),
        json.dumps(json.dumps(keystore())),
        keystore(("\ud800", "name")),
        keystore((DELETED, "crypto", "kdfparams", "dklen")),
        keystore(("HmacSHA256", "crypto", "kdfparams", "prf")),
        keystore(("private-key", "type"), ([], "activeAccounts")),
        keystore(("T" + "R" * 33, "address")),
        keystore(("aes128ctr", "crypto", "cipher")),
        keystore(("PBKDF2WithHmacSHA256", "crypto", "kdf")),
        keystore((keystore()["crypto"]["mac"] + "\n", "crypto", "mac")),
    ],
    ids=range(29),
)
def test_keystore_of_any_program_opens(opened, content):
    assert opened(content).address == ADDRESS


def test_key_with_missing_leading_zeros_opens(opened):
    short = KEY[1:]
    known = KeySigner.from_key(b"\0" + short).address
    assert opened(keystore((DELETED, "address"), key=short)).address == known


def test_counter_with_missing_leading_zeros_opens(opened):
    zero = keystore((bytes(16).hex(), "crypto", "cipherparams", "iv"))
    short = keystore(("00", "crypto", "cipherparams", "iv"))
    zero["address"] = short["address"] = None
    assert opened(zero).address == opened(short).address


def test_passphrase_opens_in_any_unicode_form(opened):
    typed = "cafe\u0301\u212b\uff11"
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        secret = unicodedata.normalize(form, typed)
        assert opened(keystore(secret=secret.encode()), typed).address == ADDRESS


def test_empty_passphrase_opens_its_keystore(opened):
    assert opened(keystore(secret=b""), "").address == ADDRESS


def test_keystores_are_interchangeable_with_eth_account(tmp_path):
    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps(Account.encrypt(KEY, SECRET, kdf="scrypt", iterations=4)))
    assert KeySigner.from_keystore(theirs, lambda: SECRET).address == ADDRESS
    KeySigner.from_key(KEY).to_keystore(tmp_path / "ours.json", lambda: SECRET)
    ours = json.loads((tmp_path / "ours.json").read_text())
    assert bytes(Account.decrypt(ours, SECRET)) == KEY


KINDS = {
    "EIP-2335": keystore(
        ({"function": "pbkdf2", "params": {}, "message": ""}, "crypto", "kdf"), (4, "version")
    ),
    "recovery phrase": keystore(("mnemonic", "type")),
    "version 1, as geth wrote": keystore(("1", "version"), ("aes-128-cbc", "crypto", "cipher")),
    "version 1, as geth": keystore((DELETED, "version"), ({"Version": "1"}, "crypto", "KeyHeader")),
    "version 1, as": {"Crypto": {"MAC": "A", "Salt": "A", "IV": "A", "CipherText": "A"}},
    "version is 1;": keystore((1, "version"), ("aes-256-ctr", "crypto", "cipher")),
    "validators (EIP-2386)": keystore(("hierarchical deterministic", "type"), (1, "version")),
    "of validators (EIP-2386)": {"uuid": "A", "name": "a", "type": "non-deterministic"},
    "deposit of a validator": [{"pubkey": "A", "withdrawal_credentials": "00" * 32}],
    "signed (EIP-3076)": {"metadata": {"interchange_format_version": "5"}, "data": []},
    "SOPS": {"key": "ENC[AES256_GCM,data:A]", "sops": {}},
    "holds more than a private key,": {"accounts": [{"secretKey": f"0x{KEY.hex()}"}]},
    "is a public key": "04" + KEY.hex() * 2,
    "is an address": f"{ADDRESS}\n",
    "OpenSSL": "U2FsdGVkX1" + "A" * 40,
    "Ansible": "$ANSIBLE_VAULT;1.1;AES256\n6162",
    "of age": "# created: 2023\nAGE-SECRET-KEY-1QQ\n",
    "a recovery phrase;": "academic acid " * 10,
    "Clef": {"description": "Clef seed", "version": 1, "params": keystore()["crypto"]},
    "Kaia": {"version": 4, "address": ADDRESS, "keyring": [[keystore()["crypto"]]]},
    "(Tessera)": {"data": {"snonce": "A", "sbox": "A"}, "type": "argon2sbox"},
    "set of JSON Web Keys": {"keys": [{"kty": "EC"}]},
    "Cardano": {"type": "PaymentSigningKeyShelley_ed25519", "cborHex": "5820"},
    "vault of MetaMask,": {"cipher": "AAAA", "iv": "AAAA", "salt": "AAAA", "lib": "original"},
    "presale": {"encseed": "00" * 64, "ethaddr": ADDRESS[2:], "email": "a@example.org"},
    "MetaMask": {"data": "AAAA", "iv": "AAAA", "salt": "AAAA"},
    "vault of MetaMask": {"data": {"KeyringController": {}}, "vault": "AAAA"},
    "that nothing encrypts": KEY.hex(),
    "use file:PATH": f"0x{KEY.hex()}\n",
    "geth that nothing encrypts": {"address": ADDRESS[2:], "privatekey": KEY.hex(), "version": 3},
    "holds more than a private key": f"SIGNER=0x{KEY.hex()}\n",
    "more than a private key": f"# of the node\n{KEY.hex()}\n{KEY.hex()}\n",
    "than a private key": {"private_keys": {ADDRESS: KEY.hex()}},
    "it is a recovery phrase": "test " * 11 + "junk\n",
    "it is a recovery phrase;": "".join(f"{place}. Test\r\n" for place in range(1, 13)),
    "a recovery phrase": "abaisser, \xe9clair, zoologie, " * 4,
    "recovery phrase;": "\u3000".join(["\u3042\u3044\u3053\u304f\u3057\u3093"] * 12),
    "key in PEM form": "Bag Attributes\n    localKeyID: 01\n-----BEGIN PRIVATE KEY-----\nAAAA\n",
    "PuTTY": "PuTTY-User-Key-File-3: ssh-ed25519\r\n",
    "BIP 38": "6P" + "R" * 56,
    "file of age": "AGE-SECRET-KEY-1QQ\n",
    "archive (zip)": "PK\x03\x04",
    "a binary file": "\0" * 40,
    "of more than 256 parts": keystore(([0] * 300, "more")),
    "PEM": "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    "SSH": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
    "Bitcoin": "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
    "Solana": [7] * 64,
    "Polkadot": {"encoded": "AAAA", "encoding": {}, "address": "5F"},
    "list of 2": [keystore(), keystore()],
    "empty": " \n",
    "not JSON": json.dumps(keystore())[:-20],
    "JSON of another kind": {"hello": "world"},
    "another kind: a keystore": "null",
    "more follows its JSON": json.dumps(keystore()) + json.dumps(keystore()),
    "one keystore to a file of its own": json.dumps(keystore()) + "\n\0\0",
    "inside of other JSON": {"accounts": [{"Crypto": keystore()["crypto"]}]},
    "is inside of other JSON": {"name": "a", "keystore": keystore()},
    "'crypto' of a keystore alone": keystore()["crypto"],
    "version is [3]": keystore(([3], "version")),
    "version is {}": keystore(({}, "version"), ({}, "type")),
    "Hardhat": keystore(({"masterKeyDerivation": {}}, "crypto"), ("hardhat-v3", "version")),
    "MultiversX": keystore((4, "version"), ("erd1qq", "bech32")),
    "Neo": {"name": None, "scrypt": {"n": 16384}, "accounts": [{"key": "6PYM"}]},
    "Cosmos (Tendermint)": {"priv_key": {"value": "AAAA"}, "pub_key": {}},
    "key of Cosmos": "-----BEGIN TENDERMINT PRIVATE KEY-----\nkdf: bcrypt\n",
    "key of NEAR": {"account_id": "a.near", "private_key": "ed25519:3D4Y"},
    "a vault of MetaMask": [{"type": "HD Key Tree", "data": {"mnemonic": [1]}}],
    "JSON of another": {"type": "Feature", "data": [1]},
    "is a recovery phrase": ["test"] * 11 + ["junk"],
    "phrase; import it": "-".join(["test"] * 12),
    "a public key,": "02" + "ab" * 32,
    "in another form": base64.b64encode(KEY).decode(),
    "may be a private key in another": list(KEY),
    "is a file of age": "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n",
    "QR code": "UR:CRYPTO-HDKEY/OTADYKAXHDCLAEVSWFDMJPFSWPWKAHCY",
    "of Sui": "suiprivkey1qqx6nv22dp0vl7qa6zwf9ujvm59qc7fxnyj5lux7gm0u",
    "of Nostr": "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9",
    "of Aptos": "ed25519-priv-0x" + "ab" * 32,
    "of Tezos": "edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh",
    "of Stellar": "S" + "A" * 55,
    "of Solana": "4" * 88,
    "web page": "<!DOCTYPE html><html></html>",
    "version is 5": keystore((5, "version")),
    "'version' is missing": keystore((DELETED, "version")),
    "cipher is 'aes-256-gcm'": keystore(("aes-256-gcm", "crypto", "cipher")),
    "derivation is 'argon2id'": keystore(("argon2id", "crypto", "kdf")),
    "function is 'hmac-md5'": keystore(("hmac-md5", "crypto", "kdfparams", "prf")),
    "'mac' is missing": keystore((DELETED, "crypto", "mac")),
    "'mac' has 16 bytes": keystore(("00" * 16, "crypto", "mac")),
    "'iv' has 17 bytes": keystore(("00" * 17, "crypto", "cipherparams", "iv")),
    "no object 'cipherparams'": keystore((DELETED, "crypto", "cipherparams")),
    "'salt' is missing, or not hex": keystore(("zz", "crypto", "kdfparams", "salt")),
    "encrypts has 64 bytes": keystore(("00" * 64, "crypto", "ciphertext")),
    "derived key has 1 bytes": keystore((1, "crypto", "kdfparams", "dklen")),
    "derived key has 4294967296": keystore((1 << 32, "crypto", "kdfparams", "dklen")),
    "n is 3; it must be": keystore(*scrypt(n=3)),
    "'r' is missing, or not a number from 1": keystore(*scrypt(r=0)),
    "'p' is missing, or not a number from 1": keystore(*scrypt(p=-1)),
    "'n' is missing, or not a number from 1": keystore(*scrypt(n=True)),
    "n 1073741824, r 8, p 1 would take": keystore(*scrypt(n=1 << 30)),
    "n 2, r 1073741824": keystore(*scrypt(r=1 << 30)),
    "n 2, r 1, p 2048 would": keystore(*scrypt(r=1, p=1 << 11)),
    "n 2, r 2048, p 1 would": keystore(*scrypt(r=1 << 11)),
    "'salt' is missing": keystore(({"type": "Buffer", "data": []}, "crypto", "kdfparams", "salt")),
    "p 1073741824 would": keystore(*scrypt(p=1 << 30)),
    "c is 2147483647": keystore((2**31 - 1, "crypto", "kdfparams", "c")),
    "'c' is missing": keystore((0, "crypto", "kdfparams", "c")),
    "'kdf' is missing": keystore((["scrypt"], "crypto", "kdf")),
}


def never():
    raise AssertionError("a passphrase was asked for")


@pytest.mark.parametrize(("says", "content"), KINDS.items(), ids=KINDS)
def test_file_of_another_kind_is_named_before_a_passphrase_is_asked_for(tmp_path, says, content):
    file = tmp_path / "store.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(InvalidInput) as error:
        KeySigner.from_keystore(file, never)
    assert says in str(error.value)
    assert KEY.hex() not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [keystore(), keystore(*scrypt())], ids=["pbkdf2", "scrypt"])
def test_wrong_passphrase_is_distinguished_from_a_wrong_file(opened, content):
    with pytest.raises(InvalidInput, match="the passphrase does not open the keystore"):
        opened(content, "another")


def test_lack_of_memory_is_distinguished_from_a_wrong_passphrase(opened, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr("ocn_registry.signing.keystores._scrypt", exhausted)
    with pytest.raises(InvalidInput, match="not enough memory") as error:
        opened(keystore(*scrypt()))
    assert error.value.__context__ is None  # its frames held the passphrase


def test_keystore_that_names_another_address_is_refused(opened):
    with pytest.raises(InvalidInput, match=f"0x{'ab' * 20} and holds the key of {ADDRESS}"):
        opened(keystore(("ab" * 20, "address")))


@pytest.mark.parametrize("passphrase", [None, b"testpassword", 5])
def test_passphrase_that_is_not_text_is_distinguished_from_a_wrong_one(
    tmp_path, opened, passphrase
):
    with pytest.raises(InvalidInput, match=r"of type \w+: use text"):
        opened(keystore(), passphrase)
    with pytest.raises(InvalidInput, match="a function that returns it"):
        KeySigner.from_keystore("any", passphrase)
    with pytest.raises(InvalidInput, match="text and not empty"):
        KeySigner.from_key(KEY).to_keystore(tmp_path / "new.json", lambda: passphrase)


def test_passphrase_of_bytes_that_are_not_text_encrypts_nothing(tmp_path):
    with pytest.raises(InvalidInput, match="text and not empty"):
        KeySigner.from_key(KEY).to_keystore(tmp_path / "new.json", lambda: "p\udce4ss")


@pytest.mark.parametrize(
    ("says", "content"),
    [
        ("use keystore:PATH", json.dumps(keystore())),
        ("it is a recovery phrase", "test " * 12),
        ("more than a private key", f"key: {KEY.hex()}"),
        ("PEM", "-----BEGIN EC PRIVATE KEY-----"),
        ("EIP-2335", json.dumps({"crypto": {"kdf": {}}, "version": 4})),
        ("64 hexadecimal digits and nothing else", KEY.hex()[1:]),
        ("64 hexadecimal digits and nothing else", json.dumps({"hello": "world"})),
    ],
)
def test_key_file_with_other_content_is_named(tmp_path, says, content):
    file = tmp_path / "key"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(InvalidInput, match=says) as error:
        KeySigner.from_file(file)
    assert KEY.hex()[1:] not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_secret_file_written_by_windows_is_read(tmp_path, encoding):
    file = tmp_path / "secret"
    file.write_bytes(f"{SECRET}\r\n".encode(encoding))
    file.chmod(0o600)
    assert private_text(file) == f"{SECRET}\r\n"


@pytest.mark.parametrize(
    ("says", "content"),
    [
        (r"Java \(JKS\)", b"\xfe\xed\xfe\xed\x00"),
        (r"PKCS#12", b"\x30\x82\x0a\x10\x02\x01\x03\xff"),
        ("age", b"age-encryption.org/v1\n-> X25519 abc\n--- \xff\xfe"),
        ("PGP", b"\x8c\x0d\x04\x09\x03\x02\xff"),
        ("OpenSSL", b"Salted__\xff\xfe\x80"),
        ("picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("KeePass", b"\x03\xd9\xa2\x9a\x67"),
        ("64 hexadecimal digits", KEY),
        ("64 hexadecimal digits", KEY + b"\n"),
        ("binary file", b"\0" + json.dumps(keystore()).encode()),
        ("gzip", b"\x1f\x8b\x08\xff"),
    ],
)
def test_binary_file_is_named(tmp_path, says, content):
    file = tmp_path / "store"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=says):
        KeySigner.from_keystore(file, never)


def test_bytes_that_are_not_text_are_refused_by_name(tmp_path):
    file = tmp_path / "secret"
    file.write_bytes("pässword".encode("latin-1"))
    file.chmod(0o600)
    with pytest.raises(InvalidInput, match="not text in UTF-8") as error:
        private_text(file)
    assert "ssword" not in str(error.value)


def test_pipe_with_a_writer_is_read():
    reading, writing = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(writing, b"abc"), os.close(writing)))
    writer.start()
    assert private_text(f"/dev/fd/{reading}") == "abc"
    writer.join()
    os.close(reading)


def test_pipe_without_an_end_does_not_block(monkeypatch):
    monkeypatch.setattr("ocn_registry.signing.key_files._PIPE_TIMEOUT_S", 0.1)
    reading, writing = os.pipe()
    with pytest.raises(InvalidInput, match="nothing came through it"):
        private_text(f"/dev/fd/{reading}")
    os.close(reading)
    os.close(writing)


def test_pipe_with_too_many_bytes_is_refused():
    reading, writing = os.pipe()
    writer = threading.Thread(target=os.write, args=(writing, bytes(1 << 17)), daemon=True)
    writer.start()
    with pytest.raises(InvalidInput, match="more than 65536 bytes"):
        private_text(f"/dev/fd/{reading}")
    os.set_blocking(writing, False)
    os.read(reading, 1 << 17)
    writer.join()
    os.close(reading)
    os.close(writing)
