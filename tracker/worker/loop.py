"""The worker's day: fold what arrives, let sinks write what is planned, trim now and then, stop cleanly."""

import threading
import time
from collections.abc import Sequence

import structlog

from tracker.config import LogSettings
from tracker.errors import Misconfigured, Retry
from tracker.worker.consumer import Consumer
from tracker.worker.log import Log
from tracker.worker.sink import Behind, Sink

logger = structlog.get_logger()

POLL = 0.05
"""Seconds between looks at a log that has been read to its end."""
LINGER = 20.0
"""Seconds for which a worker whose last sink has stopped folds and says why, before it ends to be started again."""


class Worker:
    """One process: all partitions folded in this thread, each sink in a thread of its own."""

    def __init__(
        self,
        log: Log,
        consumers: Sequence[Consumer],
        sinks: Sequence[Sink],
        settings: LogSettings,
        stop: threading.Event,
        news: threading.Event,
    ) -> None:
        self._log, self.consumers, self.sinks, self._settings = log, consumers, sinks, settings
        self._stop, self._news = stop, news
        self._failure: BaseException | None = None
        self._stopped: dict[str, str] = {}
        self._waits = False
        """Whether a sink stopped that only `tracker rebuild` can help: the worker goes on, even without any sink."""

    def run(self) -> None:
        """Work until told to stop. Raises what ended a sink, so that the process is started again."""
        threads = [threading.Thread(target=self._sink, args=(sink,), name=f"sink-{sink.name}") for sink in self.sinks]
        for thread in threads:
            thread.start()
        try:
            self._fold()
        finally:
            self._stop.set()
            self._news.set()
            for thread in threads:
                thread.join()
        if self._failure is not None:
            raise self._failure

    def problems(self) -> list[str]:
        """Sentences about what is wrong now; empty when all is well."""
        now = {sink.name: sink.problem for sink in self.sinks if sink.problem} | self._stopped
        return [problem if problem.startswith("sink ") else f"sink {name}: {problem}" for name, problem in now.items()]

    def _fold(self) -> None:
        next_trim = time.monotonic() + self._settings.trim_interval / 1e6
        next_check = 0.0
        while not self._stop.is_set():
            read = sum(self._step(consumer) for consumer in self.consumers)
            if time.monotonic() >= next_check:
                self._log.check_readers()
                next_check = time.monotonic() + 60
            if time.monotonic() >= next_trim:
                self._trim()
                next_trim = time.monotonic() + self._settings.trim_interval / 1e6
            if not read:
                self._stop.wait(POLL)

    def _step(self, consumer: Consumer) -> int:
        try:
            read = consumer.step()
        except Retry as error:
            logger.warning("the log cannot be written, trying again", partition=consumer.partition, problem=str(error))
            self._stop.wait(1)
            return 0
        if read:
            self._news.set()
        return read

    def _trim(self) -> None:
        if not self._settings.archive:
            return
        for consumer in self.consumers:
            written = [sink.cursors.get(consumer.partition, 0) for sink in self.sinks]
            try:
                consumer.trim(min(written, default=0))
            except Retry as error:
                logger.warning("trimming was put off", partition=consumer.partition, problem=str(error))

    def _sink(self, sink: Sink) -> None:
        try:
            sink.run()
        except Misconfigured as error:
            # Somebody has to mend the warehouse or a setting: the others go on. Where there is none, the worker starts
            # again now and then, so that what was mended is seen.
            self._stopped[sink.name] = str(error)
            sink.state.state = "stopped"
            logger.exception("a sink stopped until the tracker is started again", sink=sink.name)
            self._waits |= isinstance(error, Behind)
            is_last = len(self._stopped) == len(self.sinks) and not self._waits
            if is_last and not self._stop.wait(LINGER):
                self._failure = error
                self._stop.set()
        except BaseException as error:
            logger.error("a sink stopped", sink=sink.name, problem=str(error), exc_info=True)
            self._failure = error
            self._stop.set()
