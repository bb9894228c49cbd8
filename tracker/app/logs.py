"""The log of a data folder."""

from collections.abc import Iterator
from contextlib import contextmanager

from tracker.config import Settings
from tracker.points import reached
from tracker.worker.archive import Archive
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.log import Log


@contextmanager
def opened_log(settings: Settings) -> Iterator[Log]:
    """The log of the data folder, created where there is none."""
    folder = settings.log.archive_dir or settings.data / "archive"
    archive = Archive(folder, reached) if settings.log.archive else None
    log = LmdbLog.open(
        settings.data / "log", quota=settings.log.quota, partitions=settings.log.partitions, archive=archive
    )
    try:
        yield log
    finally:
        log.close()


def open_reader(settings: Settings) -> Log:
    """The log of the data folder, to read only; works while a tracker runs on it."""
    return LmdbLog.open_reader(settings.data / "log")
