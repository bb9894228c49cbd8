"""How `/g/collect` answers: as Google does, so that tags behave here as they do there."""

from collections.abc import Sequence

from tracker.model import RawRequest, Reply, Result
from tracker.protocols.cors import cors, preflight_headers

_HEADERS = {
    "Content-Type": "text/plain",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "Fri, 01 Jan 1990 00:00:00 GMT",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def reply(request: RawRequest, result: Result) -> Reply:
    """204 for stored, partly stored and filtered requests; 400 where nothing was a hit and something was wrong."""
    headers = {**_HEADERS, **cors(request)}
    wrong = [rejected for rejected in result.rejected if not rejected.excluded]
    if result.problem:
        return Reply(400, headers=headers)
    if wrong and not result.accepted:
        return Reply(400, f"{wrong[0].reason}: {wrong[0].detail}\n".encode(), headers)
    return Reply(204, headers=headers)


def preflight_reply(request: RawRequest, methods: Sequence[str]) -> Reply:
    """204 to OPTIONS."""
    return Reply(204, headers=preflight_headers(request, methods))
