"""Segments of the archive."""

from pathlib import Path

import numpy as np
import pytest

from tracker.errors import Broken
from tracker.model import Closed, Plan
from tracker.worker.archive import Archive, Unarchived
from tracker.worker.plan_codec import encode_plan


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive."""
    return Archive(tmp_path / "archive")


def rows(first: int, end: int) -> list[tuple[int, bytes]]:
    """Records by offset."""
    return [(n, b"hit %d" % n) for n in range(first, end)]


def test_segments_are_named_by_what_they_hold(archive: Archive) -> None:
    """First and last offset stand in the name, in a folder per partition, and nothing else is left behind."""
    archive.put_hits(3, rows(0, 5))
    archive.put_plans(3, [(7, b"plan")])
    assert sorted(path.name for path in (archive.folder / "p3").iterdir()) == [
        "hits-00000000000000000000-00000000000000000004.parquet",
        "plans-000000000007-000000000007.parquet",
    ]
    assert [(s.first, s.last) for s in archive.segments(3)] == [(0, 4)]


def test_only_this_user_may_read_it(archive: Archive) -> None:
    """Hits are personal data."""
    archive.put_hits(0, rows(0, 1))
    (segment,) = archive.segments(0)
    modes = [path.stat().st_mode & 0o777 for path in (archive.folder, archive.folder / "p0", segment.path)]
    assert modes == [0o700, 0o700, 0o600]


def test_hits_come_back_in_order(archive: Archive) -> None:
    """Segments follow each other, whatever order they were written in."""
    archive.put_hits(0, rows(5, 9))
    archive.put_hits(0, rows(0, 5))
    archive.put_hits(1, rows(0, 2))
    assert list(archive.hits(0)) == rows(0, 9)
    assert list(archive.hits(2)) == []


def test_plans_come_back(archive: Archive) -> None:
    """Archived plans are plans again."""
    closed = (Closed(np.array([3, 9]), "timeout"),)
    archive.put_plans(0, [(n, encode_plan(Plan(n, 5, closed, 0))) for n in (1, 2)])
    assert [(plan.n, plan.offsets().tolist()) for plan in archive.plans(0)] == [(1, [3, 9]), (2, [3, 9])]


def test_a_segment_with_the_same_beginning_is_replaced(archive: Archive) -> None:
    """What a crash left unnoted is written again and must not count twice."""
    archive.put_hits(0, rows(0, 5))
    archive.put_hits(0, rows(0, 3))
    assert [(s.first, s.last) for s in archive.segments(0)] == [(0, 2)]


def test_overlapping_segments_give_each_hit_once(archive: Archive) -> None:
    """Replay never doubles a hit."""
    archive.put_hits(0, rows(0, 5))
    archive.put_hits(0, rows(3, 8))
    assert list(archive.hits(0)) == rows(0, 8)


def test_a_leftover_of_a_crash_is_overwritten(archive: Archive) -> None:
    """Half a file under the temporary name is neither read nor in the way."""
    archive.put_hits(0, rows(0, 2))
    leftover = archive.folder / "p0" / "hits.tmp"
    leftover.write_bytes(b"half")
    assert list(archive.hits(0)) == rows(0, 2)
    archive.put_hits(0, rows(2, 4))
    assert list(archive.hits(0)) == rows(0, 4)
    assert not leftover.exists()


def test_a_folder_that_cannot_be_made_is_tried_again_later(tmp_path: Path) -> None:
    """The error says so and asks for a retry."""
    (tmp_path / "file").touch()
    with pytest.raises(Unarchived, match="the log is not trimmed"):
        Archive(tmp_path / "file" / "archive").put_hits(0, rows(0, 1))


def test_a_damaged_segment_is_named(archive: Archive) -> None:
    """A file that cannot be read is no empty file."""
    archive.put_hits(0, rows(0, 1))
    (segment,) = archive.segments(0)
    segment.path.write_bytes(b"half")
    with pytest.raises(Broken, match=segment.path.name):
        list(archive.hits(0))


def test_one_segment_is_read_alone(archive: Archive) -> None:
    """What it holds, in order, without the others."""
    archive.put_hits(0, rows(0, 5))
    archive.put_hits(0, rows(5, 9))
    assert list(archive.read(archive.segments(0)[1])) == rows(5, 9)
