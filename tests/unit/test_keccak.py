"""Keccak by pycryptodome's C functions, which are its own module's hashes."""

import subprocess
import sys
import textwrap
import threading

import pytest
from Crypto.Hash import keccak as pycryptodome

from ocn_registry.evm import keccak


@pytest.mark.parametrize("size", [0, 1, 32, 64, 135, 136, 137, 1000])
def test_hash_is_that_of_pycryptodome_itself(size):
    message = bytes(number % 256 for number in range(size))
    hashed = pycryptodome.new(digest_bits=256, data=message).hexdigest()
    assert keccak.keccak256(message).hex() == hashed


def test_threads_have_states_of_their_own():
    messages = [bytes([number]) * 200 for number in range(4)]
    expected = [keccak.keccak256(message) for message in messages]
    wrong = []

    def hash_often(message, known):
        wrong.extend([message for _ in range(500) if keccak.keccak256(message) != known])

    threads = [
        threading.Thread(target=hash_often, args=each)
        for each in zip(messages, expected, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("lacks", ["find_spec", "CDLL"])
def test_module_of_pycryptodome_hashes_where_the_functions_are_missing(monkeypatch, lacks):
    def missing(*_):
        raise OSError("moved")

    monkeypatch.setattr(keccak, lacks, (lambda _: None) if lacks == "find_spec" else missing)
    assert keccak._chosen()(b"abc").hex() == keccak._KNOWN[b"abc"]


def test_another_hash_is_not_taken_for_keccak(monkeypatch):
    monkeypatch.setattr(keccak, "_by_functions", lambda: lambda _: bytes(32))
    assert keccak._chosen()(b"abc").hex() == keccak._KNOWN[b"abc"]


def test_hashing_starts_no_program_and_imports_nothing_that_could():
    """pycryptodome's own module runs the program `file`, to learn what Python was built for."""
    code = """
        import sys
        before = {*sys.modules}
        from ocn_registry.evm.keccak import keccak256
        keccak256(b"")
        print(*{"Crypto.Hash.keccak", "platform", "subprocess"} & (sys.modules.keys() - before))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""
