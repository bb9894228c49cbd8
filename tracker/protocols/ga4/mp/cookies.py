"""Values of the tag's cookies, which a server may send whole where the tag sends only the id in them."""

import re
from dataclasses import dataclass
from typing import Final

_CLIENT: Final = re.compile(r"GA\d+\.[\d-]+\.(.+)")
_SESSION: Final = re.compile(r"GS1\.[\d-]+\.(?P<sid>[^.$]+)(?:\.(?P<sct>\d+))?(?:\.(?P<seg>\d+))?(?:\..*)?")
_NEWER_SESSION: Final = re.compile(r"GS[2-9]\.[\d-]+\.(s[^$]+(?:\$.*)?)")


@dataclass(frozen=True, slots=True)
class TagSession:
    """What the tag's `_ga_<stream>` cookie holds of its session, as text; None where it is not said."""

    id: str
    number: str | None = None
    is_engaged: str | None = None


def client_of(said: str) -> str:
    """`123.456` of `GA1.1.123.456`, so that the tag's hits and the server's are one client's; else what was said."""
    said = said.strip()
    cookie = _CLIENT.fullmatch(said)
    return cookie[1] if cookie else said


def session_of(said: str) -> TagSession:
    """The session in `GS1.1.1700000000.3.1.1700000100.0.0.0`, or in `GS2.1.s1700000000$o3$g1$t1700000100`, as cookies
    are written since 2025; else what was said is its id.
    """
    said = said.strip()
    if cookie := _SESSION.fullmatch(said):
        return TagSession(cookie["sid"], cookie["sct"], cookie["seg"])
    if cookie := _NEWER_SESSION.fullmatch(said):
        parts = {part[:1]: part[1:] for part in cookie[1].split("$")}
        return TagSession(parts["s"], parts.get("o"), parts.get("g"))
    return TagSession(said)
