"""Errors of scripts."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
NAMES = [f"params_crash_{part}" for part in ("message", "type", "category", "stack", "file", "line", "column")]
SENT = "ca=1&cra=boom&cra_tp=TypeError&cra_ct=cat&cra_st=a%0Ab&cra_ru=file.js&cra_rl=3&cra_rc=4"


def test_crash(row: Callable[..., Row]) -> None:
    """Message, kind, category, stack, and where it happened."""
    sent = row(SENT)
    assert sent["name"] == "crash"
    assert [sent[name] for name in NAMES] == ["boom", "TypeError", "cat", "a\nb", "file.js", 3, 4]


def test_no_crash(row: Callable[..., Row]) -> None:
    """Null elsewhere, and a crash needs a message."""
    assert [row("")[name] for name in NAMES] == [None] * 7
    assert row("ca=1&cra=+&cra_tp=TypeError&cra_rl=x")["name"] == "custom_action"
    assert row("ca=1&cra=+&cra_rl=x")["params_crash_line"] is None
