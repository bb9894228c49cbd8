"""The LMDB environment under the log: how it is opened, what databases it has, how full it is, what its errors mean.

One environment per folder. Named databases per partition hold hits, plans, the carry and outcomes; `meta` holds what
is small, under names like `ends/0`; `rejections` is a ring. Every write is fsynced, and none goes through a writable
memory map, which a full disk would turn into a crash.
"""

import errno
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes, token_hex

import cbor2
import lmdb

from tracker.errors import Broken, LogFull, Misconfigured, Retry
from tracker.worker.pieces import Database, Txn

RECEIVERS_SHARE = 0.8
"""Share of the quota that receivers may fill. The rest is for the worker, which must go on to make room."""
CARRY_SHARE = 0.9
"""Share of the quota up to which hits are carried. The rest is for plans, ticks and cursors, which are small."""
_KINDS = ("hits", "plans", "carry", "outcomes")
_SPARE = 64 << 20
"""Room in the memory map beyond the quota for trimming: where every page is taken, LMDB cannot even delete."""
_UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""LMDB says EIO also when a full disk took only a part."""
_READERS = 512
_MOST_PARTITIONS = 1024
_META, _REJECTIONS = b"meta", b"rejections"
_IDENTITY = b"log"
_pair = struct.Struct("<qq")


class Unwritten(Retry):
    """The disk did not take what was to be written: it is full, or it fails."""

    def __init__(self, folder: Path, cause: lmdb.Error) -> None:
        super().__init__(folder, cause)
        self.folder, self.cause = folder, cause

    def __str__(self) -> str:
        return f"the disk is full or failing: nothing was written to the log in {self.folder} ({self.cause})"


class Damaged(Broken):
    """LMDB could not use its own file."""

    def __init__(self, folder: Path, cause: lmdb.Error) -> None:
        super().__init__(folder, cause)
        self.folder, self.cause = folder, cause

    def __str__(self) -> str:
        return (
            f"the log in {self.folder} cannot be used ({self.cause}). Stop every process of this tracker and start "
            "again; if that does not help, check the disk, keep a copy of the folder, and start with an empty one: "
            "what was trimmed is in the archive"
        )


class LmdbStore:
    """An open environment and its databases. Made by `open` or `open_reader`."""

    def __init__(self, folder: Path, env: lmdb.Environment, *, read_only: bool) -> None:
        self.folder, self.read_only, self._env = folder, read_only, env
        self._page_size = env.stat()["psize"]
        self.meta = env.open_db(_META, create=False)
        with env.begin(self.meta) as txn:
            self.id, self.secret, self.partitions, self.quota = _identity(txn.get(_IDENTITY) or b"")
        self.rejections = env.open_db(_REJECTIONS, create=False)
        self.hits, self.plans, self.carry, self.outcomes = (
            tuple(env.open_db(_database(kind, n), create=False) for n in range(self.partitions)) for kind in _KINDS
        )

    @classmethod
    def open(cls, folder: Path, *, quota: int, partitions: int) -> "LmdbStore":
        """The log in `folder`, made if it is not there, readable by this user only.

        Raises `Misconfigured` when it has another number of partitions, or is open in this process already.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        with _meanings(folder):
            env = lmdb.Environment(
                str(folder),
                map_size=quota + _SPARE,
                max_dbs=len(_KINDS) * partitions + 2,
                mode=0o600,
                max_readers=_READERS,
                max_spare_txns=1,
            )
        with _closing_on_error(env), _meanings(folder):
            _make(env, folder, quota, partitions)
            return cls(folder, env, read_only=False)

    @classmethod
    def open_reader(cls, folder: Path) -> "LmdbStore":
        """The log in `folder` to read only, while others write. Raises `Misconfigured` when there is none."""
        if not (folder / "data.mdb").exists():
            raise Misconfigured(f"{folder} holds no log")
        with _meanings(folder):
            env = lmdb.Environment(
                str(folder),
                readonly=True,
                create=False,
                map_size=0,  # as large as the log's own
                max_dbs=len(_KINDS) * _MOST_PARTITIONS + 2,
                max_readers=_READERS,
            )
        with _closing_on_error(env), _meanings(folder):
            try:
                return cls(folder, env, read_only=True)
            except lmdb.NotFoundError:
                raise Misconfigured(f"{folder} holds no log") from None

    @contextmanager
    def read(self, db: Database | None = None) -> Iterator[Txn]:
        """A read transaction. Must be short: while it lasts, no page freed since can be used again."""
        with _meanings(self.folder), self._env.begin(db) as txn:
            yield txn

    @contextmanager
    def write(self) -> Iterator[Txn]:
        """A write transaction: durable when the block ends, undone when it raises."""
        if self.read_only:
            raise Broken(f"the log in {self.folder} was opened read-only")
        try:
            with _meanings(self.folder), self._env.begin(write=True) as txn:
                yield txn
        except lmdb.MapFullError as error:
            with self.read() as txn:
                raise LogFull(self.used(txn), self.quota) from error

    def refuse_when_full(self, txn: Txn, part: float) -> None:
        """Raise `LogFull` when more than this part of the quota is in use.

        The highest page ever used tells at once while the file is small; after that pages are counted.
        """
        share = self.quota * part
        if self._env.info()["last_pgno"] * self._page_size < share:
            return
        used = self.used(txn)
        if used >= share:
            raise LogFull(used, self.quota)

    def used(self, txn: Txn) -> int:
        """Bytes of the pages in use: those of every database and two of LMDB's own.

        What trimming freed does not count, for LMDB uses it again, though the file never shrinks. LMDB's own list of
        free pages (1/512 of them) is not counted either. Costs about a microsecond per database.
        """
        databases = (self.meta, self.rejections, *self.hits, *self.plans, *self.carry, *self.outcomes)
        stats = [self._env.stat(), *(txn.stat(db) for db in databases)]
        pages = 2 + sum(stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"] for stat in stats)
        return pages * self._page_size

    def check_readers(self) -> int:
        """Free the slots of readers that died; returns how many."""
        return self._env.reader_check()

    def close(self) -> None:
        """Close the environment."""
        self._env.close()


def name(*parts: object) -> bytes:
    """A key of the meta database, such as `cursors/0/main`."""
    return "/".join(map(str, parts)).encode()


def get_pair(txn: Txn, db: Database, key: bytes) -> tuple[int, int]:
    """Two numbers kept under `key`; zeros where nothing is kept."""
    value = txn.get(key, db=db)
    if value is None:
        return 0, 0
    first, second = _pair.unpack(value)
    return first, second


def put_pair(txn: Txn, db: Database, key: bytes, first: int, second: int = 0) -> None:
    """Keep two numbers under `key`."""
    txn.put(key, _pair.pack(first, second), db=db)


def _make(env: lmdb.Environment, folder: Path, quota: int, partitions: int) -> None:
    """Make the databases and write who this log is, if nobody has; note a changed quota."""
    with env.begin(write=True) as txn:
        meta = env.open_db(_META, txn=txn)
        written = txn.get(_IDENTITY, db=meta)
        new = token_hex(16), token_bytes(32), partitions, quota
        log_id, secret, existing, _ = _identity(written) if written else new
        if existing != partitions:
            raise Misconfigured(
                f"the log in {folder} was made with {existing} partitions, and the settings say {partitions}: "
                f"set log.partitions = {existing}, or start with an empty folder"
            )
        identity = cbor2.dumps([log_id, secret, partitions, quota])
        if identity == written:
            return
        txn.put(_IDENTITY, identity, db=meta)
        for database in (_REJECTIONS, *(_database(kind, n) for kind in _KINDS for n in range(partitions))):
            env.open_db(database, txn=txn)


def _database(kind: str, partition: int) -> bytes:
    return f"{kind}/{partition}".encode()


def _identity(written: bytes) -> tuple[str, bytes, int, int]:
    log_id, secret, partitions, quota = cbor2.loads(written)
    return log_id, secret, partitions, quota


@contextmanager
def _meanings(folder: Path) -> Iterator[None]:
    """Raise what LMDB's errors mean to the caller. A full map is left as it is: only the store can say how full."""
    try:
        yield
    except (lmdb.MapFullError, lmdb.NotFoundError):
        raise
    except lmdb.MapResizedError as error:
        raise Misconfigured(f"another process opened the log in {folder} with a larger quota: start again") from error
    except lmdb.ReadersFullError as error:
        raise Retry(f"more than {_READERS} readers are at the log in {folder}") from error
    except lmdb.Error as error:
        if "already open" in str(error):
            raise Misconfigured(f"the log in {folder} is open in this process already: share that one") from error
        if error.code in _UNWRITTEN:
            raise Unwritten(folder, error) from error
        if error.code in (errno.EACCES, errno.EPERM):
            raise Misconfigured(f"this user may not use the log in {folder}: {error}") from error
        raise Damaged(folder, error) from error


@contextmanager
def _closing_on_error(env: lmdb.Environment) -> Iterator[None]:
    try:
        yield
    except BaseException:
        env.close()
        raise
