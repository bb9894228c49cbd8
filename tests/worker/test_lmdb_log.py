"""The log in LMDB: the contract, and what only LMDB can do wrong."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from tests.contracts.log import QUOTA, LogContract, OpenLog, all_of, fill, fill_up, plan_of
from tracker.errors import Broken, LogFull, Misconfigured, Retry
from tracker.model import Carried, StartPoint
from tracker.worker.archive import Archive
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.lmdb_store import Damaged


class Opener:
    """Opens logs in one folder and closes those still open."""

    def __init__(self, folder: Path, partitions: int) -> None:
        self.folder, self.partitions = folder, partitions
        self.opened: list[LmdbLog] = []

    def __call__(self, *, quota: int = QUOTA, archive: Archive | None = None) -> LmdbLog:
        """The log, new or as it was left."""
        log = LmdbLog.open(self.folder, quota=quota, partitions=self.partitions, archive=archive)
        self.opened.append(log)
        return log


class TestOnePartition(LogContract):
    """The contract with one partition."""

    @pytest.fixture
    def open_log(self, tmp_path: Path) -> Iterator[OpenLog]:
        """A log with one partition."""
        opener = Opener(tmp_path / "log", 1)
        yield opener
        for log in opener.opened:
            log.close()


class TestFourPartitions(LogContract):
    """The contract with four partitions."""

    @pytest.fixture
    def open_log(self, tmp_path: Path) -> Iterator[OpenLog]:
        """A log with four partitions."""
        opener = Opener(tmp_path / "log", 4)
        yield opener
        for log in opener.opened:
            log.close()


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[Opener]:
    """A log with one partition."""
    opener = Opener(tmp_path / "log", 1)
    yield opener
    for log in opener.opened:
        log.close()


def run(code: str, *args: object) -> subprocess.Popen[str]:
    """A Python process that runs `code`."""
    return subprocess.Popen([sys.executable, "-c", dedent(code), *map(str, args)], stdout=subprocess.PIPE, text=True)


def test_several_processes_append_at_once(open_log: Opener) -> None:
    """No record is lost, doubled or divided from the one appended with it, and each process keeps its order."""
    code = """
        import sys
        from pathlib import Path
        from tracker.worker.lmdb_log import LmdbLog
        log = LmdbLog.open(Path(sys.argv[1]), quota=1 << 28, partitions=1, archive=None)
        for n in range(40):
            log.append([(0, f"{sys.argv[2]} {n} {part}".encode()) for part in "ab"])
    """
    writers = [run(code, open_log.folder, writer) for writer in range(3)]
    for writer in writers:
        with writer:
            assert writer.wait(30) == 0
    log = open_log()
    records = [record.split() for _, record in all_of(log, 0)]
    assert (log.end(0), log.totals(0).hits) == (240, 240)
    assert all(a[:2] == b[:2] for a, b in zip(records[::2], records[1::2], strict=True))
    for name in (b"0", b"1", b"2"):
        assert [int(n) for of, n, part in records if (of, part) == (name, b"a")] == list(range(40))


def test_what_was_acknowledged_survives_a_kill(open_log: Opener) -> None:
    """A process killed while it appends loses nothing it had been told was safe."""
    code = """
        import sys
        from pathlib import Path
        from tracker.worker.lmdb_log import LmdbLog
        log = LmdbLog.open(Path(sys.argv[1]), quota=1 << 28, partitions=1, archive=None)
        while True:
            (offset,) = log.append([(0, b"x" * 5_000)])
            print(offset, flush=True)
    """
    with run(code, open_log.folder) as child:
        assert child.stdout
        for line in child.stdout:
            if int(line) >= 50:
                os.kill(child.pid, signal.SIGKILL)
                break
        acknowledged = int([line, *child.stdout][-1])
    log = open_log()
    records = all_of(log, 0)
    assert [offset for offset, _ in records] == list(range(log.end(0)))
    assert acknowledged < log.end(0) <= acknowledged + 2
    assert {record for _, record in records} == {b"x" * 5_000}


def test_a_full_disk_is_told_and_passes(open_log: Opener) -> None:
    """A write that finds no room undoes itself, asks for a retry, and works once there is room."""
    code = """
        import resource, signal, sys
        from pathlib import Path
        from tracker.worker.lmdb_log import LmdbLog
        from tracker.worker.lmdb_store import Unwritten
        log = LmdbLog.open(Path(sys.argv[1]), quota=1 << 28, partitions=1, archive=None)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        done = 0
        try:
            while True:
                log.append([(0, bytes(50_000))])
                done += 1
        except Unwritten:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(done, log.append([(0, bytes(50_000))])[0], len(log.read(0, 0, 1000)))
    """
    with run(code, open_log.folder) as child:
        output, _ = child.communicate(timeout=30)
    done, offset, records = map(int, output.split())
    assert 10 < done < 25
    assert (offset, records) == (done, done + 1)


def test_the_folder_belongs_to_its_user_alone(open_log: Opener) -> None:
    """Hits are personal data, and the secret keys pseudonyms."""
    open_log()
    files = sorted(open_log.folder.iterdir())
    assert [path.name for path in files] == ["data.mdb", "lock.mdb"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (open_log.folder, *files)] == [0o700, 0o600, 0o600]


def test_another_number_of_partitions_is_refused(open_log: Opener) -> None:
    """Hits would be looked for where they are not."""
    open_log().close()
    with pytest.raises(Misconfigured, match=r"made with 1 partitions.*log.partitions = 1"):
        LmdbLog.open(open_log.folder, quota=QUOTA, partitions=2, archive=None)
    open_log()


def test_opening_twice_in_one_process_is_refused(open_log: Opener) -> None:
    """LMDB's locks would not hold."""
    open_log()
    with pytest.raises(Misconfigured, match="open in this process already"):
        open_log()


def test_a_damaged_file_says_what_to_do(open_log: Opener) -> None:
    """Somebody is told where to look."""
    open_log.folder.mkdir()
    (open_log.folder / "data.mdb").write_bytes(b"\xff" * 8192)
    with pytest.raises(Damaged, match="keep a copy of the folder"):
        open_log()


def test_a_quota_may_grow(open_log: Opener) -> None:
    """A log that was full goes on with a larger quota."""
    log = open_log(quota=1 << 20)
    fill_up(log)
    log.close()
    log = open_log(quota=2 << 20)
    fill(log, 0, 1_000)
    assert log.used()[1] == 2 << 20


READER = """
    import sys
    from pathlib import Path
    import numpy as np
    from tracker.errors import Broken
    from tracker.worker.lmdb_log import LmdbLog
    log = LmdbLog.open_reader(Path(sys.argv[1]))
    print(log.read(0, 0, 9), [plan.n for plan in log.plans(0, 1)], log.totals(0).hits, log.used()[1], log.partitions)
    sys.stdin.readline()
    print(log.read(0, 0, 2), log.end(0))
    try:
        log.append([(0, b"c")])
    except Broken as error:
        print(error)
"""


def test_a_reader_follows_while_others_write(open_log: Opener) -> None:
    """`tracker tail` sees what is appended after it opened, and can write nothing."""
    log = open_log()
    log.append([(0, b"a")])
    log.put_plan(0, plan_of(1, 0), StartPoint(0, 0))
    args = [sys.executable, "-c", dedent(READER), str(open_log.folder)]
    with subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == f"[(0, b'a')] [1] 1 {QUOTA} 1\n"
        log.append([(0, b"b"), *[(0, bytes(1_000))] * 15_000])
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "[(0, b'a'), (1, b'b')] 15002\n"
        assert "read-only" in child.stdout.readline()


def test_a_reader_of_no_log_is_refused(tmp_path: Path) -> None:
    """Reading makes nothing."""
    with pytest.raises(Misconfigured, match="holds no log"):
        LmdbLog.open_reader(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_readers_that_died_are_cleared(open_log: Opener) -> None:
    """A reader killed in the middle of reading must not hold pages for ever."""
    code = """
        import os, signal, sys
        from pathlib import Path
        from tracker.worker.lmdb_log import LmdbLog
        log = LmdbLog.open_reader(Path(sys.argv[1]))
        with log._store.read():
            os.kill(os.getpid(), signal.SIGKILL)
    """
    log = open_log()
    with run(code, open_log.folder) as child:
        child.wait(30)
    assert (log.check_readers(), log.check_readers()) == (1, 0)


class CrashingArchive(Archive):
    """Does its work, and then the power goes."""

    armed = True

    def put_hits(self, partition: int, records: Sequence[tuple[int, bytes]]) -> None:
        """Write, then fail once."""
        super().put_hits(partition, records)
        self._crash()

    def put_plans(self, partition: int, plans: Sequence[tuple[int, bytes]]) -> None:
        """Write, then fail once."""
        super().put_plans(partition, plans)
        self._crash()

    def _crash(self) -> None:
        if self.armed:
            raise InterruptedError


def test_a_crash_after_archiving_doubles_nothing(open_log: Opener, tmp_path: Path) -> None:
    """What was archived but not noted stays in the log; the next trim, going further, replaces it."""
    archive = CrashingArchive(tmp_path / "archive")
    log = open_log(archive=archive)
    records = fill(log, 0, 10)
    log.save_start(0, StartPoint(9, 0))
    with pytest.raises(InterruptedError):
        log.trim(0, 5, 0)
    assert log.get(0, np.arange(10)) == records
    archive.armed = False
    assert log.trim(0, 9, 0) == 9
    assert [(s.first, s.last) for s in archive.segments(0)] == [(0, 8)]
    assert list(archive.hits(0)) == list(enumerate(records[:9]))


def test_a_crash_after_archiving_plans_drops_none(open_log: Opener, tmp_path: Path) -> None:
    """Plans leave the log only after the note that the archive has them."""
    archive = CrashingArchive(tmp_path / "archive")
    log = open_log(archive=archive)
    log.put_plan(0, plan_of(1, 0), StartPoint(9, 0))
    with pytest.raises(InterruptedError):
        log.trim(0, 9, 1)
    assert [plan.n for plan in log.plans(0, 0)] == [1]
    archive.armed = False
    log.trim(0, 9, 1)
    assert [[plan.n for plan in log.plans(0, 0)], [plan.n for plan in archive.plans(0)]] == [[], [1]]


def test_an_archive_that_cannot_be_written_keeps_the_log_whole(open_log: Opener, tmp_path: Path) -> None:
    """No archive file, no trimming; later it works."""
    (tmp_path / "archive").touch()
    log = open_log(archive=Archive(tmp_path / "archive"))
    records = fill(log, 0, 4)
    log.put_plan(0, plan_of(1, 0), StartPoint(4, 0))
    for _ in range(2):
        with pytest.raises(Retry, match="the log is not trimmed"):
            log.trim(0, 4, 1)
    assert (log.get(0, np.arange(4)), len(list(log.plans(0, 1)))) == (records, 1)
    (tmp_path / "archive").unlink()
    assert (log.trim(0, 4, 1), len(list(log.plans(0, 1)))) == (4, 0)


def test_large_logs_are_trimmed_in_segments_and_slices(
    open_log: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long way to trim becomes several segments, each dropped before the next is read."""
    monkeypatch.setattr("tracker.worker.lmdb_trim.SLICE", 7)
    monkeypatch.setattr("tracker.worker.lmdb_trim.SEGMENT_BYTES", 100)
    archive = Archive(tmp_path / "archive")
    log = open_log(archive=archive)
    records = fill(log, 0, 100)
    log.save_start(0, StartPoint(95, 0))
    assert log.trim(0, 100, 0) == 95
    assert len(archive.segments(0)) > 3
    assert list(archive.hits(0)) == list(enumerate(records[:95]))


def test_freed_space_is_used_again(open_log: Opener, tmp_path: Path) -> None:
    """Ten times the quota flows through, plans included, and the file stays within the quota."""
    log = open_log(quota=2 << 20, archive=Archive(tmp_path / "archive"))
    for n in range(1, 21):
        begin = log.end(0)
        for _ in range(10):
            log.append([(0, bytes(1_000))] * 100)
        log.put_plan(0, plan_of(n, *range(begin, log.end(0))), StartPoint(log.end(0), 0))
        log.trim(0, log.end(0), n)
    assert (open_log.folder / "data.mdb").stat().st_size < 3 << 20
    assert log.totals(0).hits == 20_000


def test_a_log_filled_to_the_brim_can_be_trimmed(open_log: Opener, tmp_path: Path) -> None:
    """Above its share the carry is refused, and past the quota there is still room to make room."""
    quota = 2 << 20
    log = open_log(quota=quota, archive=Archive(tmp_path / "archive"))
    fill_up(log)
    log.carry(0, [], StartPoint(1, 0))
    while log.used()[0] < quota:
        log.append_own(0, bytes(3_000))
    end = log.end(0)
    with pytest.raises(LogFull):
        log.carry(0, [Carried(1, b"", 0, 0)], StartPoint(end, 0))
    log.put_plan(0, plan_of(1, 0), StartPoint(end, 0))
    assert (log.trim(0, end, 1), all_of(log, 0)) == (end, [])


def test_a_partition_that_is_not_there_is_refused(open_log: Opener) -> None:
    """Partitions are numbered from 0, and not from the end."""
    log = open_log()
    for use in (lambda: log.read(-1, 0, 1), lambda: log.end(1), lambda: log.sinks(-1)):
        with pytest.raises(Broken, match="there is no partition"):
            use()
