"""Columns of the device."""

import pyarrow as pa
import pytest

from tracker.columns.core import device
from tracker.columns.types import arrow_type
from tracker.testing import compute_rows, make_hit

KIND = arrow_type(device.Device)
STATED = {"category": "mobile", "brand": "Acme"}
DETECTED = {"category": "desktop", "browser": "Firefox"}


def devices(*members: dict[str, str] | None) -> pa.StructArray:
    return pa.array(members, KIND)


def test_a_device_comes_from_one_source() -> None:
    """What is stated goes first, as a whole: nothing that headers tell is mixed in."""
    found = device.device(devices(STATED, None, None), devices(DETECTED, DETECTED, None))
    assert found.to_pylist() == devices(STATED, DETECTED, None).to_pylist()


@pytest.mark.parametrize(
    ("column", "member"),
    [
        (device.device_category, "category"),
        (device.device_mobile_brand_name, "brand"),
        (device.device_mobile_model_name, "model"),
        (device.device_operating_system, "operating_system"),
        (device.device_operating_system_version, "operating_system_version"),
        (device.device_web_browser, "browser"),
        (device.device_web_browser_version, "browser_version"),
    ],
)
def test_each_column_takes_its_member(column: object, member: str) -> None:
    """Null where the member is not known, and where there is no device."""
    assert column(devices({member: "x"}, {}, None)).to_pylist() == ["x", None, None]  # type: ignore[operator]


def test_null_without_any_source() -> None:
    """Nothing is stated, and there are no headers to read."""
    row = compute_rows([make_hit("v=2&tid=G-1&cid=1.1&en=a")])[0]
    names = ("category", "mobile_brand_name", "mobile_model_name", "operating_system", "web_browser")
    assert {row[f"device_{name}"] for name in (*names, "operating_system_version", "web_browser_version")} == {None}
