"""Files prepared by an attacker do no harm."""

import itertools
import os
import socket

import pytest

from ocn_registry import InvalidInput
from ocn_registry.foreign.files import (
    FileRefused,
    check_own_database,
    read_bytes,
    read_own,
    read_private,
    write_own,
)
from ocn_registry.registry_api.history import HistoryLog
from ocn_registry.transport.certificates import trusting

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")
READERS = [read_bytes, read_private, read_own]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("read", READERS)
def test_a_regular_file_is_read_up_to_the_limit(path, read):
    assert read(path, 7) == b"content"
    with pytest.raises(FileRefused, match="longer than 6 bytes"):
        read(path, 6)


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path, read):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(FileRefused, match="is not a regular file"):
        read(pipe, 10)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("what", ["/dev/zero", "/dev/tty", "/proc/self/mem"])
def test_devices_and_endless_files_are_refused(read, what):
    with pytest.raises(FileRefused):
        read(what, 10)


@pytest.mark.parametrize("read", READERS)
def test_folders_and_sockets_are_refused(tmp_path, read):
    with pytest.raises(FileRefused, match="is a folder"):
        read(tmp_path, 10)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(FileRefused):
            read(tmp_path / "socket", 10)


@pytest.mark.parametrize("read", [read_bytes, read_private])
@pytest.mark.parametrize("name", ["none", "none/file", "a\0b", "x" * 5000, ""])
def test_file_that_can_not_be_opened_is_reported_in_one_line(tmp_path, read, name):
    with pytest.raises(InvalidInput) as refused:
        read(f"{tmp_path}/{name}/", 10)
    assert str(refused.value).isprintable()


def test_own_file_may_be_missing(tmp_path):
    assert read_own(tmp_path / "none", 10) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_private_file_may_be_read_only_by_its_owner(path, mode):
    path.chmod(mode)
    with pytest.raises(FileRefused, match="chmod 600 it first"):
        read_private(path, 10)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_own_file_that_others_may_write_is_not_trusted(path, mode):
    path.chmod(mode)
    with pytest.raises(FileRefused, match="others may write"):
        read_own(path, 10)
    assert path.read_bytes() == b"content"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_own_file_of_another_owner_is_not_trusted(path, monkeypatch):
    os.chown(path, 12345, 12345)
    with pytest.raises(FileRefused, match="belongs to somebody else"):
        read_own(path, 10)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert read_own(path, 10) == b"content"


def test_a_planted_link_is_not_read_and_not_written_through(tmp_path, path):
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(FileRefused, match="it is a link"):
        read_own(link, 10)
    write_own(link, b"new")
    assert not link.is_symlink()
    assert (link.read_bytes(), path.read_bytes()) == (b"new", b"content")


def test_a_link_that_the_user_names_is_followed(tmp_path, path):
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_bytes(link, 10) == read_private(link, 10) == b"content"


def test_file_is_written_whole_and_private_without_leftovers(tmp_path, monkeypatch):
    path = tmp_path / "file"
    old = os.umask(0)
    try:
        write_own(path, b"one")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(FileRefused, match="No space left on device"):
        write_own(path, b"two")
    assert path.read_bytes() == b"one"
    assert {each.name for each in tmp_path.iterdir()} == {"file"}


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
@pytest.mark.parametrize("place", range(4))
def test_file_is_whole_or_missing_after_ctrl_c(tmp_path, monkeypatch, links, place):
    calls = itertools.count()

    def then_interrupted(real):
        def step(*given):
            if not links and real is os.link:
                raise OSError(95, "Operation not supported")
            result = real(*given)
            if next(calls) == place:
                if real is os.open:
                    os.close(result)
                raise KeyboardInterrupt
            return result

        return step

    with monkeypatch.context() as patch:
        for name in ("open", "fsync", "link"):
            patch.setattr(os, name, then_interrupted(getattr(os, name)))
        with pytest.raises(KeyboardInterrupt):
            write_own(tmp_path / "file", b"content", replace=False)
    left = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert left in ({}, {"file": b"content"})


def test_existing_file_is_not_overwritten_unasked(path):
    with pytest.raises(FileRefused, match="exists and is not overwritten"):
        write_own(path, b"new", replace=False)
    assert path.read_bytes() == b"content"


def test_messages_hide_text_that_looks_like_a_key(tmp_path):
    with pytest.raises(FileRefused) as refused:
        read_bytes("ab" * 32, 10)
    assert "abab" not in str(refused.value)


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_database_that_others_could_have_written_is_not_trusted(tmp_path, path, ending):
    check_own_database(path, what="history file")
    beside = tmp_path / f"file{ending}"
    beside.write_bytes(b"planted")
    beside.chmod(0o666)
    with pytest.raises(FileRefused, match="others may write the history file"):
        check_own_database(path, what="history file")
    beside.unlink()
    beside.symlink_to(tmp_path / "theirs")
    with pytest.raises(FileRefused, match="is a link"):
        check_own_database(path, what="history file")


@pytest.mark.parametrize("plant", [lambda file: file.symlink_to("theirs"), os.mkfifo])
def test_history_is_not_kept_in_a_planted_file(tmp_path, plant):
    plant(tmp_path / "history.sqlite")
    with pytest.raises(FileRefused, match=r"the history file .* is (a link|not a regular file)"):
        HistoryLog(None, tmp_path / "history.sqlite")
    assert not (tmp_path / "theirs").exists()


@pytest.mark.parametrize("plant", [os.mkfifo, os.mkdir, lambda file: file.symlink_to("/dev/zero")])
def test_certificates_are_not_read_from_a_pipe_or_device(tmp_path, plant):
    plant(tmp_path / "ca.pem")
    with pytest.raises(FileRefused, match=r"the file of certificates .*: give the path of a file"):
        trusting(str(tmp_path / "ca.pem"))


def test_a_file_without_certificates_is_named(path):
    with pytest.raises(InvalidInput, match="contains no certificate: use a file in PEM form"):
        trusting(str(path))
