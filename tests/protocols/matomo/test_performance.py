"""How long pages took to load."""

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]
TIMES = {
    "pf_net": "params_time_network_ms",
    "pf_srv": "params_time_server_ms",
    "pf_tfr": "params_time_transfer_ms",
    "pf_dm1": "params_time_dom_processing_ms",
    "pf_dm2": "params_time_dom_completion_ms",
    "pf_onl": "params_time_on_load_ms",
}


def test_times(row: Callable[..., Row]) -> None:
    """Each is its own column, on whatever hit carried it."""
    sent = row("e_c=a&e_a=b&" + "&".join(f"{key}={n}" for n, key in enumerate(TIMES)))
    assert [sent[column] for column in TIMES.values()] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("sent", "time"), [("-1", None), ("16777215", 16777215), ("16777216", None), ("soon", None), ("", None)]
)
def test_implausible_times(row: Callable[..., Row], sent: str, time: int | None) -> None:
    """-1 stands for "unknown"; what is longer than four hours and a half was not measured well."""
    found = row("&".join(f"{key}={sent}" for key in TIMES))
    assert [found[column] for column in TIMES.values()] == [time] * 6


@pytest.mark.parametrize(("sent", "bytes_"), [("bw_bytes=512", 512), ("bw_bytes=-1", None), ("", None)])
def test_bandwidth(row: Callable[..., Row], sent: str, bytes_: int | None) -> None:
    """Bytes that importers of server logs report."""
    assert row(sent)["params_bandwidth_bytes"] == bytes_


def test_captured(captured: list[Row]) -> None:
    """A real tag attached them to an event."""
    (event,) = [row for row in captured if row["name"] == "custom_event" and row["params_time_server_ms"] is not None]
    assert [event[column] for column in TIMES.values()] == [0, 4, 3, 4, 41, 0]
