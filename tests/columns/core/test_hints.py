"""Client hints from headers."""

from typing import Any

import pyarrow as pa
import pytest

from tracker.columns.core.hints import (
    brands_of_header,
    client_hint_brands,
    client_hint_mobile,
    client_hint_model,
    client_hint_platform,
    client_hint_platform_version,
)
from tracker.config import Settings


@pytest.mark.parametrize(
    ("sent", "brands"),
    [
        ('"Chromium";v="126", "Not/A)Brand";v="8"', "Chromium;126|Not/A)Brand;8"),
        ('" Not;A Brand";v="99","Google Chrome" ; v = "126.0.1.2"', "Not;A Brand;99|Google Chrome;126.0.1.2"),
        (r'"A \"B\" \\C";v="1"', 'A "B" \\C;1'),
        ('"Chromium"', None),
        ('"";v="1"', None),
        ("", None),
    ],
)
def test_brands(sent: str, brands: str | None) -> None:
    """As browsers write them; what is no list of brands is null."""
    assert brands_of_header(sent) == brands


def test_full_versions_go_first() -> None:
    """Parameters before headers, and of the headers the list with full versions before the other."""
    short, full = pa.array(['"A";v="1"']), pa.array(['"A";v="1.2"'])
    sent, nothing = pa.array(["A;x"]), pa.nulls(1, pa.string())
    assert client_hint_brands(nothing, nothing, short)[0].as_py() == "A;1"
    assert client_hint_brands(nothing, full, short)[0].as_py() == "A;1.2"
    assert client_hint_brands(sent, full, short)[0].as_py() == "A;x"


@pytest.mark.parametrize(("sent", "expected"), [("?1", True), ("?0", False), ("1", None), ("", None), (None, None)])
def test_mobile(sent: str | None, expected: bool | None) -> None:
    """A boolean of structured headers."""
    assert client_hint_mobile(pa.nulls(1, pa.bool_()), pa.array([sent], pa.string()))[0].as_py() is expected


@pytest.mark.parametrize("column", [client_hint_model, client_hint_platform, client_hint_platform_version])
def test_texts(column: Any) -> None:
    """Without their quotes; an empty one is null; what the tag sends goes first."""
    sent = pa.array([None, None, None, "own"], pa.string())
    found = column(sent, pa.array(['"Pixel 7"', '""', None, '"Pixel 7"']))
    assert found.to_pylist() == ["Pixel 7", None, None, "own"]


def test_the_headers_are_kept() -> None:
    """The receiver keeps what columns read."""
    from tracker import app

    names = {f"sec-ch-ua{part}" for part in ("", "-full-version-list", "-mobile", "-model", "-platform")}
    assert names | {"sec-ch-ua-platform-version"} <= app.registry(Settings()).kept_headers
