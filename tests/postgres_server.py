"""A real PostgreSQL server for tests: nothing in, a server on a free port of the loopback out.

It runs as a user without rights, in a temporary folder, and both are gone afterwards. Where the
programs are missing they are installed from Debian's archive, which takes root.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debian_packages import DebianPackagesError, install
from loopback_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

USER = "yard"
_LIBRARY = Path("/usr/lib/postgresql")
_START_SECONDS = 120
_STOP_SECONDS = 120
_ATTEMPTS = 3
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # nothing here outlives the machine
    "ssl": "on",
    "ssl_cert_file": "server.crt",
    "ssl_key_file": "server.key",
    "password_encryption": "scram-sha-256",
}


class PostgresServerError(Exception):
    """There is no server; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresServer:
    """A server that runs.

    Attributes:
        password: of the superuser `yard`.
        certificate: PEM text; the server's own, and hence also the CA's.
        programs: folder of `psql` and the others.
    """

    port: int
    password: str = field(repr=False)
    certificate: str = field(repr=False)
    programs: Path
    host: str = "127.0.0.1"

    def sql(self, statements: str, *, database: str = "postgres") -> str:
        """Run statements in one transaction; what they answer, a line a row, `|` between values.

        Raises:
            AssertionError: the server refused them.
        """
        done = subprocess.run(
            [
                self.programs / "psql",
                *("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--single-transaction"),
                *("--set=ON_ERROR_STOP=1", f"--host={self.host}", f"--port={self.port}"),
                *(f"--username={USER}", f"--dbname={database}", "--file=-"),
            ],
            input=statements,
            env={"PGPASSWORD": self.password, "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    def make_database(self, name: str) -> str:
        """An empty database, in place of the one that had the name; returns the name."""
        for statement in (f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"'):
            subprocess.run(
                [
                    self.programs / "psql",
                    *("--no-psqlrc", "--quiet", f"--host={self.host}", f"--port={self.port}"),
                    *(f"--username={USER}", "--dbname=postgres", f"--command={statement}"),
                ],
                env={"PGPASSWORD": self.password, "PGOPTIONS": "-c client_min_messages=warning"},
                check=True,
                capture_output=True,
            )
        return name

    def config(self, database: str, **more: Any) -> dict[str, Any]:
        """The config of a connector for a database."""
        return {
            "host": self.host,
            "port": self.port,
            "database": database,
            "username": USER,
            "password": self.password,
            "ssl_mode": {"mode": "prefer"},
            **more,
        }


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server, and stop it at the end of the `with`.

    Raises:
        PostgresServerError: the programs are missing and cannot be installed, or do not start.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="connectoryard-postgres-"))
    password = secrets.token_urlsafe(16)
    try:
        _hand_over(folder)
        _make_cluster(programs, folder, password)
        certificate = (folder / "data" / "server.crt").read_text()
        process, port = _start(programs, folder, password)
        try:
            yield PostgresServer(
                port=port, password=password, certificate=certificate, programs=programs
            )
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """The folder of the newest version's programs, installed first where there is none."""
    try:
        install("postgresql", is_there=lambda: _newest() is not None, left_out_by="not postgres")
    except DebianPackagesError as error:
        raise PostgresServerError(str(error)) from error
    found = _newest()
    if found is None:
        raise PostgresServerError(f"`postgresql` is installed, but not in `{_LIBRARY}`")
    return found


def _newest() -> Path | None:
    folders = [path.parent for path in _LIBRARY.glob("*/bin/postgres")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


def _hand_over(path: Path) -> None:
    """Give a file to the user that the server runs as."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _as_nobody_special(command: Sequence[str | Path]) -> list[str | Path]:
    """The command as a user without rights, which the server demands; it dies when we do."""
    rights: tuple[str, ...] = ()
    if os.geteuid() == 0:
        rights = ("--reuid=postgres", "--regid=postgres", "--init-groups")
    return ["setpriv", *rights, "--pdeathsig=INT", "--", *command]


def _run(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(
        _as_nobody_special(command), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PostgresServerError(f"`{Path(command[0]).name}` failed: {done.stderr.strip()}")


def _make_cluster(programs: Path, folder: Path, password: str) -> None:
    data, password_file = folder / "data", folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    _hand_over(password_file)
    _run(
        [
            programs / "initdb",
            *("--pgdata", data, "--username", USER, "--auth=scram-sha-256", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--pwfile", password_file),
        ],
        folder,
    )
    _run(
        [
            *("openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", data / "server.key", "-out", data / "server.crt"),
        ],
        folder,
    )


def _start(programs: Path, folder: Path, password: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; someone else may take the free port first, then there is another."""
    said = ""
    for _ in range(_ATTEMPTS):
        port = free_port()
        settings = {**_SETTINGS, "unix_socket_directories": str(folder), "port": str(port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                _as_nobody_special([programs / "postgres", "-D", folder / "data", *options]),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests: they stop the server
            )
        if _answers(process, programs, {"PGPASSWORD": password}, port):
            return process, port
        _stop(process)
        said = (folder / "log").read_text(errors="replace")[-2000:]
    raise PostgresServerError(f"the server does not start: {said.strip()}")


def _answers(
    process: subprocess.Popen[bytes], programs: Path, environment: Mapping[str, str], port: int
) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    asked = ["--host=127.0.0.1", f"--port={port}", f"--username={USER}", "--dbname=postgres"]
    while process.poll() is None and time.monotonic() < deadline:
        done = subprocess.run(
            [programs / "psql", "--no-psqlrc", *asked, "--command=SELECT 1"],
            env=environment,
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return True
        time.sleep(0.1)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)  # the server's word for: now, but in order
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_SECONDS)


@contextmanager
def ready_for(server: PostgresServer, folder: Path) -> Iterator[None]:
    """A database for the acceptance tests of a connector, and a config that leads there.

    The config holds a password: it is written below `secrets/`, which git and images leave out, to
    a folder of its own, which is gone afterwards. One run at a time has it.
    """
    database = f"acceptance_{folder.name.replace('-', '_')}"
    server.make_database(database)
    seed = folder / "integration_tests" / "seed.sql"
    if seed.is_file():
        server.sql(seed.read_text(), database=database)
        config = server.config(database, schemas=["public"], checkpoint_records=1)
    else:
        config = server.config(database, schema="public")
    path = folder / "secrets" / "acceptance" / "config.json"
    with (folder / "acceptance-test-config.yml").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        try:
            yield
        finally:
            shutil.rmtree(path.parent)


def main(folder: Path) -> int:
    """The `x-service` of a connector: a server for its tests, until Ctrl-C or `kill`."""
    ends = {signal.SIGINT, signal.SIGTERM}
    try:
        with postgres_server() as server, ready_for(server, folder):
            signal.pthread_sigmask(signal.SIG_BLOCK, ends)
            sys.stdout.write(f"ready: PostgreSQL for {folder.name}\n")
            sys.stdout.flush()
            signal.sigwait(ends)
    except PostgresServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
