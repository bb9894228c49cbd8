"""Opening a DuckDB file so that nothing run in it reaches beyond it: no other file, no network, no change of settings.

The file is attached under the name `tracker` to an in-memory instance, because only ATTACH can choose the size of row
groups.
"""

import re
from pathlib import Path

import duckdb

from tracker.errors import Misconfigured, Retry, TrackerError
from tracker.warehouse.driver import BadRows, SchemaMismatch

CATALOG = "tracker"
"""The file's name in SQL, whatever the file is called."""

STORAGE_VERSION = "v1.5.0"
"""The oldest DuckDB that can read files we make."""

_ROW_GROUP = 16_384
"""Rows. A plan of 50,000 fills three at once, and they are final: groups of DuckDB's own 122,880 are written again by
each checkpoint until they are full, which triples the cost of a row. The file is no larger, and questions as quick."""

_UNREADABLE = ("not a valid DuckDB database file", "version number", "storage version")

_SHORT = re.compile(r"\([\d.]+ \w+/[\d.]+ \w+ used\)")
"""How every error for want of memory ends, whatever could not be allocated or pinned."""

_RETRY = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.TransactionException,
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.InternalException,
)
_BAD_ROWS = (duckdb.IntegrityError, duckdb.DataError, duckdb.InvalidInputException, duckdb.TypeMismatchException)
_SCHEMA = (duckdb.ProgrammingError, duckdb.NotSupportedError)


def connect(
    path: Path,
    *,
    memory_limit: int,
    threads: int = 1,
    checkpoint_threshold: int = 64 << 20,
    spill_limit: int = 1 << 30,
    read_only: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Open (or create) the file at `path`, locked down. Sizes are bytes.

    Raises `Retry` while another process holds the file, naming it, and `Misconfigured` for a file DuckDB cannot read.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory_limit}B",
            "checkpoint_threshold": f"{checkpoint_threshold}B",
            "temp_directory": f"{path}.tmp",
            "max_temp_directory_size": f"{spill_limit}B",
            "python_enable_replacements": False,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        },
    )
    options = "READ_ONLY" if read_only else f"ROW_GROUP_SIZE {_ROW_GROUP}"
    if not read_only and not path.exists():  # a file that a newer DuckDB made cannot be lowered
        options += f", STORAGE_VERSION '{STORAGE_VERSION}'"
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute(f"ATTACH {_text(path)} AS {CATALOG} (TYPE duckdb, {options})")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        connection.execute(f"USE {CATALOG}")
    except duckdb.Error as error:
        connection.close()
        raise _opening(path, error) from error
    return connection


def cursor(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to the same file, for another thread."""
    other = connection.cursor()
    try:
        other.execute(f"USE {CATALOG}")
    except BaseException:  # left open, it would keep the file from being opened again
        other.close()
        raise
    return other


def translated(error: duckdb.Error) -> TrackerError:
    """DuckDB's error as one of ours, by what the caller should do, with DuckDB's own sentence."""
    if isinstance(error, _RETRY):
        return Retry(str(error))
    if isinstance(error, _BAD_ROWS):
        return BadRows(str(error))
    return SchemaMismatch(str(error)) if isinstance(error, _SCHEMA) else Retry(str(error))


def is_short_of_memory(error: BaseException | None) -> bool:
    """Whether it is for want of memory; a commit that fails for that does not say so by its class."""
    return isinstance(error, duckdb.OutOfMemoryException) or (
        isinstance(error, duckdb.Error) and _SHORT.search(str(error)) is not None
    )


def is_fatal(error: duckdb.Error) -> bool:
    """The file must be closed and opened again before anything else can succeed; what was committed is still in it."""
    return isinstance(error, duckdb.FatalException | duckdb.InternalException) or "has been invalidated" in str(error)


def _opening(path: Path, error: duckdb.Error) -> TrackerError:
    if any(text in str(error) for text in _UNREADABLE):
        return Misconfigured(f"{path}: {error}")
    return Retry(f"{path}: {error}")


def _text(path: Path) -> str:
    return "'" + str(path.resolve()).replace("'", "''") + "'"
