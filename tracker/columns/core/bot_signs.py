"""Signs that an event comes from a program, and what they count. docs/devices-and-places.md says how sure each is.

An event's signs are the bits of one number. Those that browsers alone cannot avoid count only where a browser's tag is
known to have sent the event (`is_browser_tag`): servers send hits with libraries, from data centres, and as fast as
they can.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa

from tracker.columns import arrays, ops
from tracker.columns.core.bots import is_automation, is_library
from tracker.columns.types import Bool, Int64, String
from tracker.columns.words import declare, event, header

SIGNS = {
    "declared_bot": 100,
    "headless": 90,
    "http_library": 60,
    "no_user_agent": 60,
    "impossible_speed": 60,
    "prefetch": 40,
    "data_centre": 30,
    "no_client_hints": 20,
}
"""What each sign adds to the score, which ends at `MOST`; in the order of their bits and of `bot_reasons`."""
MOST = 100
_BITS = {name: 1 << place for place, name in enumerate(SIGNS)}
_LIBRARY, _AUTOMATION, _HINTING = 1, 2, 4
"""What an agent may be: a library, an automated browser, a browser that sends client hints."""
_HINTING_SINCE = 90
_CHROMIUM = re.compile(r"\((?:Windows NT|Macintosh|X11; (?:Linux|CrOS))[^)]*\).* (?:Chrome|Chromium)/(\d+)\.")
_MARKS = re.compile(r"headless|phantomjs|puppeteer|playwright|selenium|webdriver|slimerjs|cypress", re.I)
_AHEAD = "(?i)prefetch|prerender|preview"

sec_purpose = header(
    "sec-purpose", doc="`prefetch`, or `prefetch;prerender`: the page is loaded before it is asked for."
)
purpose = header("purpose", doc="`prefetch` or `preview`, as older browsers say it.")
x_purpose = header("x-purpose", doc="`preview`, as Safari's top sites say it.")
x_moz = header("x-moz", doc="`prefetch`, as older Firefox says it.")

is_browser_tag = declare(
    Bool, stored=False, doc="Whether a tag in a browser sent the event: false for servers, null where nobody knows."
)


@event(stored=False)
def agent_marks(user_agent: String) -> Int64:
    """What the user agent shows: 1 a library, 2 an automated browser, 4 a desktop browser that sends client hints."""
    return ops.coalesce(ops.per_distinct(user_agent, marks_of, Int64), 0)


@event(stored=False)
def event_bot_signs(
    user_agent: String,
    is_bot_agent: Bool,
    agent_marks: Int64,
    is_browser_tag: Bool,
    has_client_hints: Bool,
    client_hint_brands: String,
    page_url: String,
    is_ahead_of_time: Bool,
    geo_asn: Int64,
) -> Int64:
    """Signs that the event shows by itself, as bits of `SIGNS`: all but speed, which is a session's."""
    marks = arrays.as_numpy(agent_marks)
    by_tag = arrays.true_mask(is_browser_tag)
    unhinted = (marks & _HINTING > 0) & by_tag & ~arrays.true_mask(has_client_hints)
    if unhinted.any():
        unhinted &= arrays.true_mask(ops.starts_with(page_url, "https://"))
    return _as_bits(
        len(user_agent),
        declared_bot=arrays.true_mask(is_bot_agent),
        headless=(marks & _AUTOMATION > 0) | arrays.true_mask(ops.matches(client_hint_brands, "(?i)headless")),
        http_library=(marks & _LIBRARY > 0) & by_tag,
        no_user_agent=by_tag & ~arrays.known_mask(ops.known_text(user_agent)),
        prefetch=arrays.true_mask(is_ahead_of_time),
        data_centre=_in_data_centre(geo_asn) & (by_tag | ~arrays.known_mask(is_browser_tag)),
        no_client_hints=unhinted,
    )


@event(stored=False)
def has_client_hints(client_hint_brands: String, client_hint_platform: String, client_hint_mobile: Bool) -> Bool:
    """True where any of the hints came that browsers send unasked."""
    known = [ops.is_known(hint) for hint in (client_hint_brands, client_hint_platform, client_hint_mobile)]
    return ops.either(ops.either(known[0], known[1]), known[2])


@event(stored=False)
def is_ahead_of_time(sec_purpose: String, purpose: String, x_purpose: String, x_moz: String) -> Bool:
    """True where the browser says that it loads the page before, or without, showing it."""
    return ops.matches(ops.coalesce(sec_purpose, purpose, x_purpose, x_moz), _AHEAD)


def marks_of(agent: str) -> int:
    """The bits of `agent_marks` of an agent."""
    headless = bool(_MARKS.search(agent)) or is_automation(agent)
    version = _CHROMIUM.search(agent)
    hinting = version is not None and int(version[1]) >= _HINTING_SINCE
    return _LIBRARY * is_library(agent) | _AUTOMATION * headless | _HINTING * hinting


def score_of(signs: int) -> int:
    """0 without a sign, 100 at most: signs add up."""
    return min(MOST, sum(weight for name, weight in SIGNS.items() if signs & _BITS[name]))


def reasons_of(signs: int) -> list[str]:
    """Names of the signs, those that count most first."""
    return [name for name in SIGNS if signs & _BITS[name]]


def with_speed(signs: Any, is_too_fast: Any) -> Any:
    """The signs of events, and that of speed where it shows."""
    return pa.array(arrays.as_numpy(signs) | arrays.true_mask(is_too_fast) * _BITS["impossible_speed"])


@cache
def hosting_networks() -> frozenset[int]:
    """Numbers of networks (ASN) of companies that rent out servers.

    Networks through which people browse are not among them: Cloudflare, Akamai and Fastly carry Apple's Private Relay.
    """
    text = resources.files(__package__).joinpath("data", "hosting_networks.csv").read_text()
    return frozenset(int(row["asn"]) for row in csv.DictReader(text.splitlines()))


def _in_data_centre(numbers: Any) -> arrays.Mask:
    if numbers.null_count == len(numbers):
        return np.zeros(len(numbers), bool)
    return arrays.true_mask(ops.is_in(numbers, sorted(hosting_networks())))


def _as_bits(size: int, **flags: arrays.Mask) -> Any:
    bits = np.zeros(size, np.int64)
    shown: Mapping[str, arrays.Mask] = {name: mask for name, mask in flags.items() if mask.any()}
    for name, mask in shown.items():
        bits |= mask * _BITS[name]
    return pa.array(bits, pa.int64())
