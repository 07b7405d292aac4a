"""Take away what only POSIX systems have: tests run this before a program of theirs.

The standard library's own parts for POSIX are loaded before; what follows is ours.
"""

# ruff: noqa: E401, F401, I001, PTH112, PTH116, PTH119, PTH208
import asyncio, getpass, multiprocessing, os, pathlib, pkgutil, runpy, shutil, sqlite3, sys
import select, signal, subprocess, tempfile, time
import aiohttp, coincurve, urllib3, Crypto.Cipher.AES, Crypto.Protocol.KDF

for name in [
    "fcntl",
    "grp",
    "posix",
    "pty",
    "pwd",
    "readline",
    "resource",
    "syslog",
    "termios",
    "tty",
]:
    sys.modules[name] = None
MISSING = {
    os: "O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK chown fchmod fchown fork forkpty geteuid "
    "getegid getgid getpgid getuid killpg lchown mkfifo nice pread pwrite setsid sync uname",
    signal: "SIGALRM SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 alarm pthread_sigmask sigwait",
    select: "epoll poll",
    time: "tzset",
}
for module, names in MISSING.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
opened, replaced, unlinked, linked = os.open, os.replace, os.unlink, os.link
gmtime = time.gmtime


def open_file(path, *rest, **more):
    if isinstance(path, (str, os.PathLike)) and os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))
    if str(path).startswith(("/dev/", "/proc/")) and path != os.devnull:
        raise FileNotFoundError(2, "No such file or directory", str(path))
    refuse_name(path)
    return opened(path, *rest, **more)


def refuse_name(path):
    name = os.path.basename(os.fspath(path)) if isinstance(path, (str, os.PathLike)) else ""
    reserved = {
        "con",
        "prn",
        "aux",
        "nul",
        *[f"{word}{n}" for word in ("com", "lpt") for n in "123456789"],
    }
    if (
        set(name) & set('<>:"|?*')
        or name.endswith((" ", "."))
        or name.split(".")[0].lower() in reserved
    ):
        raise OSError(22, "Invalid argument", str(path))


def refuse_open(path):
    """Refuse to rename or delete a file that this process has open."""
    try:
        found = os.stat(path)
    except OSError:
        return
    for number in os.listdir("/proc/self/fd"):
        try:
            held = os.fstat(int(number))
        except OSError:
            continue
        if (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino):
            raise PermissionError(13, "The process cannot access the file", str(path))


def replace_file(source, target, **more):
    for path in (source, target):
        refuse_open(path)
    refuse_name(target)
    return replaced(source, target, **more)


def rename_file(source, target, **more):
    if os.path.lexists(target):
        raise FileExistsError(17, "File exists", str(source), None, str(target))
    return replace_file(source, target, **more)


def unlink_file(path, **more):
    refuse_open(path)
    return unlinked(path, **more)


def gmtime_until_3000(seconds=None):
    if seconds is not None and not 0 <= seconds <= 32_536_850_399:
        raise OSError(22, "Invalid argument")
    return gmtime(seconds)


os.open, os.replace, os.rename = open_file, replace_file, rename_file
os.unlink = os.remove = unlink_file
time.gmtime = gmtime_until_3000
os.name = "not posix"
