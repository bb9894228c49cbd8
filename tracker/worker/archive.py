"""Trimmed log segments and plans, compressed and kept for ever: history can be replayed from here.

A segment is named after what it holds, `hits-FIRST-LAST.parquet`, and appears whole or not at all: written under a
temporary name, fsynced, renamed, its folder fsynced.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tracker.errors import Broken, Retry
from tracker.model import Plan
from tracker.worker.plan_codec import decode_plan

Kind = Literal["hits", "plans"]
_NAME = re.compile(r"(hits|plans)-(\d+)-(\d+)\.parquet")
_COLUMNS = {"hits": ("offset", "record"), "plans": ("n", "plan")}
_DIGITS = {"hits": 20, "plans": 12}


class Unarchived(Retry):
    """The archive could not be written, so nothing may leave the log."""

    def __init__(self, folder: Path, cause: OSError) -> None:
        super().__init__(folder, cause)
        self.folder, self.cause = folder, cause

    def __str__(self) -> str:
        return f"cannot write the archive in {self.folder}: {self.cause.strerror or self.cause}; the log is not trimmed"


class Segment(NamedTuple):
    """One file of the archive. `first` and `last` are offsets or plan numbers, both included."""

    path: Path
    first: int
    last: int


class Archive:
    """The archive in one folder. One process at a time writes a partition's segments; any number may read."""

    def __init__(self, folder: Path, reached: Callable[[str], None] = lambda point: None) -> None:
        """`reached` is told `archived` whenever a segment is durable and nothing has left the log yet."""
        self.folder, self._reached = folder, reached

    def put_hits(self, partition: int, records: Sequence[tuple[int, bytes]]) -> None:
        """Keep (offset, record) pairs, in order. Durable on return; raises `Unarchived` when it could not be done.

        Replaces segments that begin at the same offset: they were left by a crash before their success was noted.
        """
        self._put("hits", partition, records)

    def put_plans(self, partition: int, plans: Sequence[tuple[int, bytes]]) -> None:
        """Keep (number, encoded plan) pairs, as `put_hits` does."""
        self._put("plans", partition, plans)

    def segments(self, partition: int, kind: Kind = "hits") -> list[Segment]:
        """The partition's files, by what they begin with."""
        names = ((path, _NAME.fullmatch(path.name)) for path in self._folder(partition).glob("*.parquet"))
        found = [Segment(path, int(match[2]), int(match[3])) for path, match in names if match and match[1] == kind]
        return sorted(found, key=lambda segment: (segment.first, segment.last))

    def read(self, segment: Segment) -> Iterator[tuple[int, bytes]]:
        """What one file holds, in order: (offset, record) or (number, encoded plan). Raises `Broken`."""
        return _read(segment.path)

    def table(self, segment: Segment) -> pa.Table:
        """One file as it is stored: a column of numbers, and one of values. Raises `Broken`."""
        with _opened(segment.path) as file:
            return file.read()

    def hits(self, partition: int) -> Iterator[tuple[int, bytes]]:
        """Every archived record with its offset, each once and in order."""
        return self._rows("hits", partition)

    def plans(self, partition: int) -> Iterator[Plan]:
        """Every archived plan, each once and in order."""
        return (decode_plan(value) for _, value in self._rows("plans", partition))

    def _folder(self, partition: int) -> Path:
        return self.folder / f"p{partition}"

    def _put(self, kind: Kind, partition: int, rows: Sequence[tuple[int, bytes]]) -> None:
        if not rows:
            return
        folder, width = self._folder(partition), _DIGITS[kind]
        first, last = rows[0][0], rows[-1][0]
        final = folder / f"{kind}-{first:0{width}d}-{last:0{width}d}.parquet"
        try:
            _make_folder(folder)
            # The name is fixed, so that what a crash left is overwritten by the next attempt.
            _write(folder / f"{kind}.tmp", _table(kind, rows))
            (folder / f"{kind}.tmp").replace(final)
            _sync(folder)
            self._reached("archived")
            for path, begin, _ in self.segments(partition, kind):
                if begin == first and path != final:
                    path.unlink()
        except OSError as error:
            raise Unarchived(self.folder, error) from error

    def _rows(self, kind: Kind, partition: int) -> Iterator[tuple[int, bytes]]:
        newest = -1
        for segment in self.segments(partition, kind):
            for number, value in _read(segment.path):
                if number > newest:
                    newest = number
                    yield number, value


def _table(kind: Kind, rows: Sequence[tuple[int, bytes]]) -> pa.Table:
    numbers, values = zip(*rows, strict=True)
    number, value = _COLUMNS[kind]
    return pa.table({number: pa.array(numbers, pa.int64()), value: pa.array(values, pa.binary())})


def _write(path: Path, table: pa.Table) -> None:
    path.touch(mode=0o600)
    with path.open("wb") as file:
        pq.write_table(table, file, compression="zstd", use_dictionary=False, write_page_checksum=True)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Iterator[tuple[int, bytes]]:
    with _opened(path) as file:
        for batch in file.iter_batches(batch_size=5_000):
            yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise Broken(f"the archive segment {path} cannot be read: {error}") from error


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.parent.chmod(0o700)
        _sync(folder.parent)
        _sync(folder.parent.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
