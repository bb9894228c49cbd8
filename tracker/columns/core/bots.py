"""Bots, by what they call themselves."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from tracker.columns import ops
from tracker.columns.types import Bool, String
from tracker.columns.words import event

Kind = Literal["bot", "library", "automation"]
_START = 4
"""Characters of a literal that it is looked up by."""
_KINDS: dict[str, Kind] = {"http-library": "library", "browser-automation": "automation"}
"""Agents in the list that are no bots here: libraries are how servers send hits, and an automated browser is a browser.
"""
_LITERAL = re.compile(rf"(?:[\w\s/:@!,;'=<>&~#%-]|\\[^\w\s]){{{_START},}}")
"""A pattern that means nothing but itself, some of it escaped."""


@event(stored=False)
def is_bot_agent(user_agent: String) -> Bool:
    """True where the user agent is that of a known crawler, monitor or link preview; null where none was sent.

    HTTP libraries (curl, python-requests) and automated browsers (HeadlessChrome) are not among them.
    """
    return ops.per_distinct(user_agent, is_bot, Bool)


def is_bot(agent: str) -> bool:
    """True for a user agent that the list of known bots has a pattern for. About 90 us."""
    return _matches(agent, "bot")


def is_library(agent: str) -> bool:
    """True for a program's way to send requests: curl, python-requests, okhttp."""
    return _matches(agent, "library")


def is_automation(agent: str) -> bool:
    """True for a browser that a program drives: HeadlessChrome, PhantomJS, Selenium."""
    return _matches(agent, "automation")


def _matches(agent: str, kind: Kind) -> bool:
    literals, others = _known_agents()[kind]
    starts = {agent[at : at + _START] for at in range(len(agent) - _START + 1)}
    return any(part in agent for start in starts & literals.keys() for part in literals[start]) or bool(
        others.search(agent)
    )


@cache
def _known_agents() -> dict[Kind, tuple[dict[str, list[str]], re.Pattern[str]]]:
    """By kind: patterns that are plain text, by how they begin (one expression of 1,400 alternatives takes 1 ms); the
    others.
    """
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # reading the list takes 20 ms

    patterns: dict[Kind, list[str]] = {"bot": [], "library": [], "automation": []}
    for bot in CRAWLER_USER_AGENTS_DATA:
        kind: Kind = next((kind for tag, kind in _KINDS.items() if tag in bot["tags"]), "bot")
        patterns[kind].append(bot["pattern"])
    return {kind: _sorted_out(several) for kind, several in patterns.items()}


def _sorted_out(patterns: Sequence[str]) -> tuple[dict[str, list[str]], re.Pattern[str]]:
    literals: dict[str, list[str]] = {}
    others: list[str] = []
    for pattern in patterns:
        if _LITERAL.fullmatch(pattern):
            text = re.sub(r"\\(.)", r"\1", pattern)
            literals.setdefault(text[:_START], []).append(text)
        else:
            others.append(pattern)
    return literals, re.compile("|".join(others) or "(?!)")
