"""Libraries that read user agents, on the labelled ones of the tests: what each gets right, and what it costs.

Run: python -m bench.user_agents [ua-parser | device-detector]...; each in a process of its own, so that memory and
load time are its own.
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path

import psutil

from tracker.columns.core.agent_hints import Found, Hints
from tracker.columns.core.bots import is_bot
from tracker.columns.core.device_agents import device_of, read_with_device_detector, read_with_ua_parser

AGENTS = Path(__file__).parents[1] / "tests/columns/core/agents.csv"
READERS: dict[str, Callable[[str], Found]] = {
    "ua-parser": read_with_ua_parser,
    "device-detector": read_with_device_detector,
}
FIELDS = Found.__slots__
FIRST = "Mozilla/5.0 (X11; Linux x86_64; rv:1.0) Gecko/20100101 Firefox/1.0"


def labelled() -> Iterator[tuple[str, Hints, dict[str, str]]]:
    """Agents, their client hints, and what they are: `a|b` where either is right, nothing for null, `*` for any."""
    with AGENTS.open(newline="") as file:
        for row in csv.DictReader(file):
            mobile = {"true": True, "false": False}.get(row["hint_mobile"])
            said = [row[f"hint_{name}"] or None for name in ("brands", "model", "platform", "platform_version")]
            yield row["user_agent"], Hints(said[0], mobile, *said[1:]), {name: row[name] for name in FIELDS}


def is_right(name: str, found: str | None, label: str) -> bool | None:
    """Whether what was found is right; None where that is not asked. Versions: as far as the label goes."""
    if label == "*" or (not label and name.endswith("version")):
        return None
    allowed = label.split("|")
    if name.endswith("version") and found:
        return any(found == one or found.startswith(one + ".") or not one for one in allowed)
    return (found or "").lower() in [one.lower() for one in allowed]


def measure(name: str) -> None:
    """Print the row of one library."""
    read, memory = READERS[name], psutil.Process().memory_info().rss
    before = time.process_time()
    read(FIRST)
    loading = time.process_time() - before
    agents = list(labelled())
    for agent, _, _ in agents:
        is_bot(agent)
    before = time.process_time()
    found = [device_of(read, agent, hints, is_bot=False) for agent, hints, _ in agents]
    first = time.process_time() - before
    before = time.process_time()
    for agent, hints, _ in agents:
        device_of(read, agent + " x", hints, is_bot=False)
    second = time.process_time() - before
    grown = (psutil.Process().memory_info().rss - memory) / 1e6
    found = [device_of(read, agent, hints, is_bot=is_bot(agent)) for agent, hints, _ in agents]
    right, asked = judge(agents, found)
    print(f"{name}: {len(agents)} agents, first use {loading:.2f} s, memory {grown:.0f} MB")
    print(f"  us per agent: {first / len(agents) * 1e6:.0f} the first time, then {second / len(agents) * 1e6:.0f}")
    print("  right: " + ", ".join(f"{field} {right[field] / asked[field]:.1%}" for field in FIELDS))


def judge(
    agents: Sequence[tuple[str, Hints, dict[str, str]]], found: Sequence[Found | None], *, tell: bool = False
) -> tuple[Counter[str], Counter[str]]:
    """How many are right and how many were asked for, by field."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for (agent, _, labels), one in zip(agents, found, strict=True):
        for field in FIELDS:
            verdict = is_right(field, getattr(one, field), labels[field])
            asked[field] += verdict is not None
            right[field] += bool(verdict)
            if tell and verdict is False:
                print(f"{field}: {getattr(one, field)!r}, not {labels[field]!r}: {agent}")
    return right, asked


def mistakes(name: str) -> None:
    """Print everything that a library gets wrong."""
    agents = list(labelled())
    judge(agents, [device_of(READERS[name], a, hints, is_bot=is_bot(a)) for a, hints, _ in agents], tell=True)


if __name__ == "__main__":
    wanted = [name for name in sys.argv[1:] if name in READERS] or list(READERS)
    for reader in wanted:
        process = get_context("spawn").Process(target=mistakes if "--mistakes" in sys.argv else measure, args=(reader,))
        process.start()
        process.join()
