"""Keys are read and used, but never shown."""

import json
import logging
import pickle
import traceback

import pytest
from eth_account import Account

from ocn_registry import InvalidInput, KeySigner
from ocn_registry.evm.transactions import Transaction
from ocn_registry.models import Address
from ocn_registry.signing import recover

DIGITS = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(f"0x{DIGITS}\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("key", [DIGITS, "0x" + DIGITS, bytes.fromhex(DIGITS), f" {DIGITS}\n"])
def test_key_is_read_in_every_form(key):
    assert KeySigner.from_key(key).address == ADDRESS


def test_key_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("OCN_KEY", DIGITS)
    assert KeySigner.from_env("OCN_KEY").address == ADDRESS


def test_key_is_read_from_a_private_file(key_file):
    assert KeySigner.from_file(key_file).address == ADDRESS


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_key_file_that_others_may_read_is_refused(key_file, mode):
    key_file.chmod(mode)
    with pytest.raises(InvalidInput, match="chmod 600"):
        KeySigner.from_file(key_file)


def test_key_is_read_from_a_keystore(tmp_path):
    path = tmp_path / "store.json"
    path.write_text(
        json.dumps(Account.encrypt("0x" + DIGITS, "secret", kdf="pbkdf2", iterations=2))
    )
    assert KeySigner.from_keystore(path, lambda: "secret").address == ADDRESS
    with pytest.raises(InvalidInput, match="passphrase"):
        KeySigner.from_keystore(path, lambda: "wrong")


@pytest.mark.parametrize("content", ["", "{}", "[]", "5", "{", '{"crypto": {}, "version": 3}'])
def test_file_that_is_not_a_keystore_is_refused(tmp_path, content):
    path = tmp_path / "store.json"
    path.write_text(content)
    with pytest.raises(InvalidInput):
        KeySigner.from_keystore(path, lambda: "secret")


BAD_KEYS = [
    DIGITS[:-1],
    DIGITS + "0",
    "zz" * 32,
    "00" * 32,
    f"{ORDER:064x}",
    "",
    bytes.fromhex(DIGITS)[:-1],
    DIGITS[:-2] + " 0",
]


def everything_told(error):
    """Return a traceback with local variables, except those of this file."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts, told = [whole], []
    while parts:
        part = parts.pop()
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if frame.filename != __file__],
        )
        told.append("".join(part.format(chain=False)))
        parts += [it for it in (part.__cause__, part.__context__) if it]
    return "\n".join(told)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_key_is_refused_without_quoting_it(key):
    with pytest.raises(InvalidInput) as error:
        KeySigner.from_key(key)
    told = everything_told(error.value)
    if len(key) > 20:
        assert (key if isinstance(key, str) else repr(key)) not in told


def test_bad_key_in_a_file_or_variable_is_in_no_traceback(tmp_path, monkeypatch):
    secret = DIGITS[:-1] + "x"
    path = tmp_path / "key"
    path.write_text(secret)
    path.chmod(0o644)
    monkeypatch.setenv("OCN_KEY", secret)
    for read, source in (
        (KeySigner.from_file, path),
        (KeySigner.from_env, "OCN_KEY"),
        (lambda it: KeySigner.from_keystore(it, lambda: secret), path),
    ):
        with pytest.raises(InvalidInput) as error:
            read(source)
        assert secret not in everything_told(error.value)
    path.chmod(0o600)
    with pytest.raises(InvalidInput) as error:
        KeySigner.from_file(path)
    assert secret not in everything_told(error.value)


def test_key_is_in_no_repr_and_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    signer = KeySigner.from_key(DIGITS)
    signer.sign_transaction(transaction())
    with pytest.raises(InvalidInput) as error:
        KeySigner.from_key(DIGITS + "0")
    logging.getLogger().error("failed", exc_info=error.value)
    assert repr(signer) == str(signer) == f"<KeySigner {ADDRESS}>"
    assert DIGITS not in caplog.text
    assert DIGITS not in repr({"locals": [signer]})


def test_signer_can_not_be_written_to_a_file_by_accident():
    with pytest.raises(TypeError):
        pickle.dumps(KeySigner.from_key(DIGITS))


def test_missing_key_file_is_reported_in_one_line():
    with pytest.raises(InvalidInput, match="there is no key file"):
        KeySigner.from_file("/nowhere/key")


@pytest.fixture
def cheap(monkeypatch):
    """Make encryption quick, which a real keystore must not be."""
    monkeypatch.setattr("ocn_registry.signing.keystores._SCRYPT", {"n": 2, "r": 8, "p": 1})


@pytest.mark.usefixtures("cheap")
def test_new_identity_is_an_encrypted_file_that_other_wallets_read(tmp_path):
    path = tmp_path / "me.json"
    signer = KeySigner.new_identity(path, lambda: "secret")
    stored = json.loads(path.read_text())
    key = Account.decrypt(stored, "secret")
    assert Account.from_key(key).address == signer.address
    assert "0x" + stored["address"].lower().removeprefix("0x") == signer.address.lower()
    assert key.hex() not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [it.name for it in tmp_path.iterdir()] == ["me.json"]
    assert KeySigner.from_keystore(path, lambda: "secret").address == signer.address


@pytest.mark.usefixtures("cheap")
def test_keystore_is_one_that_ape_reads(tmp_path):
    from ape_accounts.accounts import KeyfileAccount  # noqa: PLC0415 - takes a second

    path = tmp_path / "me.json"
    signer = KeySigner.new_identity(path, lambda: "secret")
    account = KeyfileAccount(keyfile_path=path)
    assert account.address == signer.address


@pytest.mark.usefixtures("cheap")
def test_keystore_is_never_written_over_another_file(tmp_path):
    path = tmp_path / "me.json"
    path.write_text("something")
    with pytest.raises(InvalidInput, match="not overwritten"):
        KeySigner.new_identity(path, lambda: "secret")
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(InvalidInput, match="not overwritten"):
        KeySigner.new_identity(link, lambda: "secret")
    assert path.read_text() == "something"
    assert {it.name for it in tmp_path.iterdir()} == {"me.json", "link.json"}


@pytest.mark.usefixtures("cheap")
def test_keystore_is_written_where_hard_links_are_not_supported(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr("os.link", refuse)
    path = tmp_path / "me.json"
    signer = KeySigner.new_identity(path, lambda: "secret")
    assert KeySigner.from_keystore(path, lambda: "secret").address == signer.address
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidInput, match="not overwritten"):
        KeySigner.new_identity(path, lambda: "secret")


@pytest.mark.parametrize("passphrase", ["", None, 5])
def test_keystore_without_a_passphrase_is_refused_and_reveals_no_key(tmp_path, passphrase):
    with pytest.raises(InvalidInput, match="passphrase") as error:
        KeySigner.from_key(DIGITS).to_keystore(tmp_path / "me.json", lambda: passphrase)
    assert_no_key(everything_told(error.value))
    assert list(tmp_path.iterdir()) == []


def assert_no_key(told):
    assert DIGITS not in told
    assert repr(bytes.fromhex(DIGITS))[2:-1] not in told
    assert str(int(DIGITS, 16)) not in told


@pytest.mark.usefixtures("cheap")
def test_keystore_that_can_not_be_written_reveals_no_key(tmp_path):
    signer = KeySigner.from_key(DIGITS)
    for path in (tmp_path / "nowhere" / "me.json", tmp_path / ("x" * 300)):
        with pytest.raises(InvalidInput, match="can't be written") as error:
            signer.to_keystore(path, lambda: "my own secret")
        told = everything_told(error.value)
        assert_no_key(told)
        assert "my own secret" not in told


def test_interrupted_passphrase_prompt_reveals_no_key(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as error:
        KeySigner.from_key(DIGITS).to_keystore(tmp_path / "me.json", interrupt)
    assert_no_key(everything_told(error.value))


def test_failed_signing_reveals_no_key():
    signer = KeySigner.from_key(DIGITS)
    short = type("Payload", (), {"digest": lambda _: b"short", "document": dict})()
    with pytest.raises(InvalidInput) as error:
        signer.sign(short)
    assert_no_key(everything_told(error.value))
    for bad in (transaction(nonce=-1), transaction(gas=None), transaction(data="0x")):
        with pytest.raises(Exception) as error:  # noqa: PT011 - whatever it is
            signer.sign_transaction(bad)
        assert_no_key(everything_told(error.value))


def test_generated_keys_differ():
    assert KeySigner.generate().address != KeySigner.generate().address


def transaction(**changes):
    good = {
        "chain_id": 246,
        "nonce": 5,
        "to": Address("0x" + "ab" * 20),
        "data": b"\x01\x02",
        "gas": 100_000,
        "max_fee_per_gas_wei": 16,
        "tip_per_gas_wei": 2,
    }
    return Transaction(**{**good, **changes})


@pytest.mark.parametrize("tip", [2, None])
def test_transaction_recovers_to_its_signer(tip):
    signed = KeySigner.from_key(DIGITS).sign_transaction(transaction(tip_per_gas_wei=tip))
    assert Account.recover_transaction(signed.raw) == ADDRESS
    assert (signed.raw[0] == 2) is (tip is not None)


DIGEST = b"\x11" * 32
SIGNATURE = bytes(Account.unsafe_sign_hash(DIGEST, DIGITS).signature)


def test_signature_recovers_to_its_signer():
    assert recover(DIGEST, SIGNATURE) == ADDRESS
    assert recover(b"\x12" * 32, SIGNATURE) != ADDRESS


def flipped():
    """Return the other signature of the same key: high s, which contracts refuse."""
    s = ORDER - int.from_bytes(SIGNATURE[32:64], "big")
    return SIGNATURE[:32] + s.to_bytes(32, "big") + bytes([55 - SIGNATURE[64]])


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        SIGNATURE[:64] + b"\0",
        SIGNATURE[:64] + b"\x1d",
        bytes(64) + b"\x1b",
        b"\xff" * 32 + SIGNATURE[32:],
        flipped(),
    ],
)
def test_signature_that_contracts_refuse_is_invalid(signature):
    assert recover(DIGEST, signature) is None
