"""A connection: the part of a config that says where to connect in, a psycopg connection out."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from base_python.errors import ConnectorError, FailureType
from psycopg.conninfo import make_conninfo

from postgres_base.errors import CannotConnectError

CONNECT_SECONDS: Final = 10
OLDEST_VERSION: Final = 120_000
# So that text of every type has one form, whatever the server, the database and the user say.
SESSION: Final = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
    "search_path": "pg_catalog",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "0",
}
CERTIFICATES: Final = {
    "ca_certificate": "sslrootcert",
    "client_certificate": "sslcert",
    "client_key": "sslkey",
}
# SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
TRANSIENT: Final = ("08", "40", "53", "55P03", "57")
REPAIRABLE: Final = ("28", "3D", "3F", "42", "0A", "25006", "2BP01")


@contextmanager
def connected(config: Mapping[str, Any]) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection outside of a transaction; closed at the end, what is open is rolled back.

    Raises:
        CannotConnectError: cannot connect.
        ConnectorError: the server is too old, or refused something in the body of the `with`.
    """
    with _certificates(config.get("ssl_mode") or {}) as files:
        connection = _connect(config, files)
    try:
        if connection.info.server_version < OLDEST_VERSION:
            raise ConnectorError("the server is older than PostgreSQL 12")
        yield connection
    except psycopg.Error as error:
        raise translated(error) from error
    finally:
        connection.close()


def _connect(
    config: Mapping[str, Any], files: Mapping[str, str]
) -> psycopg.Connection[tuple[Any, ...]]:
    host, port, database = config["host"], config.get("port", 5432), config["database"]
    try:
        information = make_conninfo(
            host=host,
            port=port,
            dbname=database,
            user=config["username"],
            password=config.get("password") or None,
            sslmode=(config.get("ssl_mode") or {}).get("mode", "prefer"),
            connect_timeout=CONNECT_SECONDS,
            application_name="connectoryard",
            client_encoding="UTF8",
            gssencmode="disable",
            keepalives_idle=60,
            options="",
            **files,
        )
        connection = psycopg.connect(information, autocommit=True, prepare_threshold=None)
        for name, value in SESSION.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    except psycopg.Error as error:
        # One attempt for each address, with and without encryption; the last one says enough.
        reason = _one_line(str(error)).rpartition(" failed: ")[2]
        message = f"cannot connect to `{database}` at `{host}:{port}`: {reason}"
        raise CannotConnectError(message, _connect_failure(reason)) from error
    return connection


def _connect_failure(reason: str) -> FailureType:
    is_refused = "FATAL" in reason or "certificate" in reason or "SSL" in reason
    is_busy = "too many" in reason or "starting up" in reason or "shutting down" in reason
    return "config_error" if is_refused and not is_busy else "transient_error"


def translated(error: psycopg.Error) -> ConnectorError:
    """What the server said, as an error whose type says whether trying again may help."""
    state = error.sqlstate or ""
    failure: FailureType = "system_error"
    # Without a code it was not the server that spoke: the connection is gone.
    if state.startswith(TRANSIENT) or (not state and isinstance(error, psycopg.OperationalError)):
        failure = "transient_error"
    elif state.startswith(REPAIRABLE):
        failure = "config_error"
    detail = error.diag.message_detail
    words = [error.diag.message_primary or _one_line(str(error)), *([detail] if detail else [])]
    return ConnectorError(f"PostgreSQL: {_one_line('; '.join(words))}", failure)


def _one_line(text: str) -> str:
    return " ".join(text.split())


@contextmanager
def _certificates(ssl_mode: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Certificates as files, which is all that libpq takes; in memory, so that none stays behind.

    libpq reads them while it connects, and refuses a key that others may read.
    """
    descriptors = {}
    try:
        for key, option in CERTIFICATES.items():
            if ssl_mode.get(key):
                descriptors[option] = descriptor = os.memfd_create(key)
                os.fchmod(descriptor, 0o600)
                os.write(descriptor, ssl_mode[key].encode())
        yield {option: f"/proc/self/fd/{number}" for option, number in descriptors.items()}
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)
