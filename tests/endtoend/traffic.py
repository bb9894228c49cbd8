"""Visitors that never stop. Each event carries a key as its page title; which ones were acknowledged is remembered."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from random import Random
from urllib.parse import urlencode

_HEADERS = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request and the keys of its events."""

    path: str
    keys: tuple[str, ...]
    body: bytes | None = None

    def __str__(self) -> str:
        return f"{'POST' if self.body else 'GET'} {self.path[:60]} with {len(self.keys)} events"


class Visitors:
    """Makes requests of both tags; same seed, same requests."""

    def __init__(self, seed: int) -> None:
        self._seed, self._random, self._number = seed, Random(seed), count()

    def requests(self) -> Iterator[Request]:
        """Without end: single events and batches, of several properties, most clients with one request, some with
        many.
        """
        kinds = (self.ga4_single, self.ga4_batch, self.matomo_single, self.matomo_bulk)
        while True:
            client = self._random.getrandbits(48) if self._random.random() < 0.8 else next(self._number) // 600
            yield self._random.choice(kinds)(client)

    def ga4_single(self, client: int, title: str = "") -> Request:
        """One event in a query."""
        (key,) = self._keys(1)
        return Request(f"/g/collect?{self._ga4(client)}&{urlencode({'en': 'page_view', 'dt': title or key})}", (key,))

    def ga4_batch(self, client: int) -> Request:
        """Several events, a line each."""
        keys = self._keys(self._random.randint(2, 5))
        lines = "\r\n".join(urlencode({"en": "page_view", "dt": key}) for key in keys)
        return Request(f"/g/collect?{self._ga4(client)}", keys, lines.encode())

    def matomo_single(self, client: int) -> Request:
        """One page view in a query."""
        (key,) = self._keys(1)
        return Request(f"/matomo.php?{self._matomo(client, key)}", (key,))

    def matomo_bulk(self, client: int) -> Request:
        """Several page views of several clients in one JSON body."""
        keys = self._keys(self._random.randint(2, 5))
        entries = [f"?{self._matomo(client + at, key)}" for at, key in enumerate(keys)]
        return Request("/matomo.php", keys, json.dumps({"requests": entries}).encode())

    def _keys(self, number: int) -> tuple[str, ...]:
        return tuple(f"event-{self._seed}-{next(self._number)}" for _ in range(number))

    def _ga4(self, client: int) -> str:
        random = self._random
        user = {"uid": f"person-{random.randrange(50)}"} if random.random() < 0.05 else {}
        site = {"v": 2, "tid": f"G-SITE{client % 3}", "dl": "https://site.example/"}
        return urlencode({**site, "cid": f"1.{client}", "_p": random.getrandbits(40), "_s": 1, **user})

    def _matomo(self, client: int, key: str) -> str:
        site = {"idsite": 1 + client % 3, "rec": 1, "url": "https://site.example/"}
        return urlencode({**site, "_id": f"{client:016x}", "rand": self._random.getrandbits(40), "action_name": key})


class Traffic:
    """Sends requests one after the other from a thread of its own, whatever happens to the other end."""

    def __init__(self, port: int, seed: int = 1, pause: float = 0.03) -> None:
        self._port, self._pause = port, pause
        self._requests = Visitors(seed).requests()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._connection: HTTPConnection | None = None
        self.acknowledged: dict[str, Request] = {}
        """Key -> request, of events that were answered 2xx."""
        self.unanswered: dict[str, Request] = {}
        """Those whose request got no answer: they may be there once, or not at all."""
        self.refused: Counter[int] = Counter()
        """Other answers, by status."""

    def start(self) -> None:
        """Send from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()
        self._thread.join()
        self._disconnect()

    def send(self, requests: Iterable[Request]) -> None:
        """Send these at once; each must be answered 2xx."""
        for request in requests:
            assert self._send(request), f"not acknowledged: {request} {dict(self.refused)}"
        self._disconnect()

    def _run(self) -> None:
        while not self._stop.is_set():
            answered = self._send(next(self._requests))
            self._stop.wait(self._pause if answered else 0.1)

    def _send(self, request: Request) -> bool:
        """True when it was acknowledged. One that was not is never sent again."""
        keys = dict.fromkeys(request.keys, request)
        try:
            if self._connection is None:
                self._connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
            self._connection.request("POST" if request.body else "GET", request.path, request.body, _HEADERS)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._disconnect()
            self.unanswered |= keys
            return False
        if 200 <= answer.status < 300:
            self.acknowledged |= keys
            return True
        self.refused[answer.status] += 1
        self.unanswered |= keys
        return False

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None


def wrong(found: Sequence[str], traffic: Traffic, in_full: bool = True) -> list[str]:
    """What is wrong with these keys, a sentence per event: missing (only `in_full`), doubled, or never sent."""
    times = Counter(found)
    sent = {**traffic.unanswered, **traffic.acknowledged}
    missing = [key for key in traffic.acknowledged if not times[key]] if in_full else []
    return [
        *(f"missing: {key}, acknowledged, of {traffic.acknowledged[key]}" for key in missing),
        *(f"{number} times: {key}, of {sent.get(key, 'nobody')}" for key, number in times.items() if number > 1),
        *(f"never sent: {key!r}" for key in times if key not in sent),
    ]


def summary(faults: Sequence[str], told: Callable[[str], str]) -> str:
    """The faults, the first of each kind in full, with what the program printed."""
    return told("\n".join([f"{len(faults)} events are wrong:", *faults[:60]]))
