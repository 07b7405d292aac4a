"""A PostgreSQL server for tests, if its programs are installed."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from ocn_registry_ports import free_port


def programs():
    """Return the folder of PostgreSQL's programs; `None` if they are not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("postgres")
    return folders[-1] if folders else found and Path(found).parent


class Postgres:
    """A server on loopback, with its data in a folder."""

    def __init__(self, folder):
        self._bin = programs()
        self._folder = folder
        # PostgreSQL refuses to run as root.
        self._user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(folder, **self._user)
        self._run("initdb", "-D", folder / "data", "-U", "relay", "--auth=trust", "--no-sync")
        self.port = free_port()
        self._server = None
        self.start()

    @property
    def url(self):
        return f"postgresql://relay@127.0.0.1:{self.port}/postgres"

    def start(self):
        self._run_server()
        ends = time.monotonic() + 240
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=30).close()
            except psycopg.OperationalError:
                assert time.monotonic() < ends, "PostgreSQL did not start"
                if self._server.poll() is not None:  # what a kill left was still in its way
                    self._run_server()
                time.sleep(0.05)
            else:
                return

    def _run_server(self):
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._folder), "-F"]
        self._server = subprocess.Popen(
            [self._bin / "postgres", "-D", self._folder / "data", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            **self._user,
        )

    def kill(self):
        self._server.kill()
        self._server.wait()
        (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def stop(self):
        self._server.terminate()
        self._server.wait()

    def _run(self, program, *words):
        subprocess.run(
            [self._bin / program, *words],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            **self._user,
        )
