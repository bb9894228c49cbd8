"""How `/g/collect` answers: as Google does, so that tags behave here as they do there."""

from collections.abc import Sequence

from tracker.model import RawRequest, Reply, Result
from tracker.protocols.cors import cors, preflight_headers

NO_PROPERTY = "no_property"
"""Reason to reject what names no property."""

_HEADERS = {
    "Content-Type": "text/plain",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "Fri, 01 Jan 1990 00:00:00 GMT",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def reply(request: RawRequest, result: Result) -> Reply:
    """204 whatever became of the events, as at Google: a browser can mend nothing, and no tag looks.

    400 only where the request named no property, so that it can be nobody's.
    """
    headers = {**_HEADERS, **cors(request)}
    if result.problem:
        return Reply(400, headers=headers)
    nobodys = [rejected for rejected in result.rejected if rejected.reason == NO_PROPERTY]
    if nobodys and not result.accepted:
        return Reply(400, f"{NO_PROPERTY}: {nobodys[0].detail}\n".encode(), headers)
    return Reply(204, headers=headers)


def preflight_reply(request: RawRequest, methods: Sequence[str]) -> Reply:
    """204 to OPTIONS."""
    return Reply(204, headers=preflight_headers(request, methods))
