"""The folder of Parquet snapshots as readers meet it: whole files only, and never one that changes under them.

DuckDB opens a file once for its metadata and again for its rows, so a file that is replaced in between cannot be read.
Therefore files are never changed: each version of a day has a name of its own under `_versions`, `open.sql` lists the
current ones and is replaced at once, and a version stays for a while after it has left the list. For readers that open
a file once, `TABLE/DAY.parquet` is another name of the current version.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tracker.clock import Clock
from tracker.warehouse.driver import View
from tracker.warehouse.duckdb_types import quoted

OPEN_SQL = "open.sql"
"""What makes views of the files in any DuckDB."""
VERSIONS = "_versions"
"""The folder of immutable files. Tools that read a folder of Parquet files skip names that begin so."""

_UNFINISHED = "unfinished.tmp"
_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class TableFiles:
    """What a table is made of."""

    table: str
    schema: tuple[tuple[str, str], ...]
    """Columns in order: name and DuckDB type."""
    files: Mapping[str, str]
    """Day, as 2026-03-01, to the name of the file with its rows."""


class SnapshotFolder:
    """Files are added, tables are set, then all of it is published."""

    def __init__(self, folder: Path, keep_replaced: int, clock: Clock) -> None:
        """A replaced version stays for `keep_replaced` microseconds."""
        self.folder, self._keep, self._clock = folder, keep_replaced, clock
        self._versions = folder / VERSIONS
        self._state: dict[str, Any] = {}
        self._tables: dict[str, TableFiles] = {}
        self._left: dict[str, int] = {}

    @contextmanager
    def locked(self) -> Iterator["SnapshotFolder"]:
        """Work in the folder, alone; whoever else does is waited for. What a crash left unfinished is removed."""
        self._versions.mkdir(parents=True, exist_ok=True)
        with (self._versions / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._temporary.unlink(missing_ok=True)
            self._load()
            try:
                yield self
            finally:
                self._temporary.unlink(missing_ok=True)

    def has(self, table: str, file: str) -> bool:
        """Whether a version is there, shown or not."""
        return self._path(table, file).exists()

    def add(self, table: str, file: str, write: Callable[[Path], None]) -> None:
        """Have a version written; it is there when it is whole and on disk."""
        path = self._path(table, file)
        path.parent.mkdir(exist_ok=True)
        write(self._temporary)
        self._place(path)

    def set(self, table: TableFiles) -> None:
        """What `publish` is to show of a table. Every file named must be there."""
        self._tables[table.table] = table

    def publish(self, views: Sequence[View], keep: Collection[tuple[str, str]] = ()) -> list[Path]:
        """Show what was set, with `views` on top; returns the by-day names that are new or have new rows.

        A (table, day) in `keep` is shown as before.
        """
        for table in list(self._tables.values()):
            kept = {day: file for day, file in self._shown(table.table).items() if (table.table, day) in keep}
            self._tables[table.table] = TableFiles(table.table, table.schema, {**table.files, **kept})
        for table in self._tables.values():
            _sync_folder(self._versions / table.table)
        self._replace(self.folder / OPEN_SQL, _open_sql(self.folder.resolve(), self._tables.values(), views).encode())
        changed = [path for table in self._tables.values() for path in self._show_days(table)]
        self._retire()
        self._state = {
            "tables": {t.table: {"schema": t.schema, "files": dict(t.files)} for t in self._tables.values()},
            "left": self._left,
        }
        self._replace(self._versions / _STATE, orjson.dumps(self._state))
        return changed

    def _load(self) -> None:
        path = self._versions / _STATE
        self._state = orjson.loads(path.read_bytes()) if path.exists() else {"tables": {}, "left": {}}
        self._left = self._state["left"]
        self._tables = {
            name: TableFiles(name, tuple((c, t) for c, t in one["schema"]), one["files"])
            for name, one in self._state["tables"].items()
        }

    @property
    def _temporary(self) -> Path:
        return self._versions / _UNFINISHED

    def _path(self, table: str, file: str) -> Path:
        return self._versions / table / file

    def _show_days(self, table: TableFiles) -> Iterator[Path]:
        shown, before = self.folder / table.table, self._shown(table.table)
        shown.mkdir(exist_ok=True)
        for day, file in table.files.items():
            path = shown / f"{day}.parquet"
            if before.get(day) != file or not path.exists():
                _link(self._path(table.table, file), self._temporary)
                self._temporary.replace(path)
                self._temporary.unlink(missing_ok=True)  # two names of one file: then replacing does nothing
                yield path
        for day in before.keys() - table.files.keys():
            (shown / f"{day}.parquet").unlink(missing_ok=True)

    def _shown(self, table: str) -> Mapping[str, str]:
        files: Mapping[str, str] = self._state["tables"].get(table, {}).get("files", {})
        return files

    def _retire(self) -> None:
        """Remove versions that have been out of `open.sql` for long enough."""
        now = self._clock.now()
        current = {f"{table.table}/{file}" for table in self._tables.values() for file in table.files.values()}
        there = {f"{path.parent.name}/{path.name}": path for path in self._versions.glob("*/*.parquet")}
        self._left = {name: self._left.get(name, now) for name in there if name not in current}
        for name, since in list(self._left.items()):
            if now - since >= self._keep:
                there[name].unlink()
                del self._left[name]

    def _replace(self, path: Path, content: bytes) -> None:
        self._temporary.write_bytes(content)
        self._place(path)

    def _place(self, path: Path) -> None:
        """Give what was written its name once it is on disk: a name must never stand for less, whatever fails."""
        with self._temporary.open("rb") as file:
            os.fsync(file.fileno())
        self._temporary.replace(path)


def _open_sql(folder: Path, tables: Collection[TableFiles], views: Sequence[View]) -> str:
    lines = [
        "-- The tracker's tables as views, in any DuckDB. Run it again to see newer rows.",
        "-- Where this folder is elsewhere: run it inside, or SET VARIABLE snapshots = '/path/of/this/folder' before.",
        "SET TimeZone = 'UTC';",
        "SET GLOBAL parquet_metadata_cache = true;",
        f"SET GLOBAL file_search_path = coalesce(getvariable('snapshots'), {_text(str(folder))});",
    ]
    lines += [f"CREATE OR REPLACE VIEW {quoted(table.table)} AS {_select(table)};" for table in tables]
    for view in views:
        lines += [f"-- {line}" for line in view.doc.splitlines()]
        lines.append(f"CREATE OR REPLACE VIEW {quoted(view.name)} AS {view.sql.strip().rstrip(';')};")
    return "\n".join(lines) + "\n"


def _select(table: TableFiles) -> str:
    if not table.files:
        columns = ", ".join(f"NULL::{native} AS {quoted(name)}" for name, native in table.schema)
        return f"SELECT {columns} WHERE false"
    files = ",\n  ".join(_text(f"{VERSIONS}/{table.table}/{file}") for _, file in sorted(table.files.items()))
    return f"FROM read_parquet([\n  {files}\n], union_by_name = true)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _link(version: Path, path: Path) -> None:
    try:
        path.hardlink_to(version)
    except OSError:  # a file system without hard links
        shutil.copyfile(version, path)


def _sync_folder(folder: Path) -> None:
    if folder.exists():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
