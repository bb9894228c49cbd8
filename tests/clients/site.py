"""A website of ours for a real browser: it serves pages and scripts, and hears from its pages when they are done."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.clients.programs import PATIENCE, chromium
from tests.clients.tracked import Receiving

PAGES = Path(__file__).with_name("pages")
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Site:
    """The website while it is up."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """`files` by their path on the site."""
        self.files = files
        self.heard: dict[str, Any] = {}
        """What the last page said when it was done."""
        self._is_done = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://localhost:{self._server.server_port}"
        """Its address: the same machine as the tracker's, under another name, so that every hit is cross-origin."""

    def wait(self, browser_log: Path) -> dict[str, Any]:
        """What the page said. Fails, with what the browser printed, when the page says nothing for a minute."""
        assert self._is_done.wait(PATIENCE), (
            f"the page was never done\n{browser_log.read_text(errors='replace')[-2000:]}"
        )
        return self.heard

    def done(self, said: dict[str, Any]) -> None:
        """A page says that it is done."""
        self.heard = said
        self._is_done.set()

    @contextmanager
    def up(self) -> Iterator["Site"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def browse(to: Receiving, profile: Path, files: Mapping[str, Path], page: str, hits: int) -> dict[str, Any]:
    """What `page` says after Chromium has shown it, with the tracker's address in its query, and the tracker has
    `hits` of it: nothing tells a page when its beacons have arrived.
    """
    with Site(files).up() as site, chromium(profile, f"{site.url}{page}?tracker={quote(to.url)}") as log:
        said = site.wait(log)
        to.wait_for(hits)
    return {**said, "site": site.url}


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Files to GET; what a page says to POST."""

        def do_GET(self) -> None:
            file = site.files.get(self.path.partition("?")[0])
            self._answer(404 if file is None else 200, TYPES.get(file.suffix if file else "", "text/plain"), file)

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(204, "text/plain", None)
            site.done(json.loads(said))

        def _answer(self, status: int, kind: str, file: Path | None) -> None:
            content = file.read_bytes() if file else b""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    return Handler
