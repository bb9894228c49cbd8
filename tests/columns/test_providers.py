"""Two providers of one interface, installed side by side: chosen by pattern, compared, set up, and told apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from tracker.errors import Problems
from tracker.testing import compute_batch, compute_rows, make_hit

PLUGIN = '''
"""Where on other planets a visitor is, by two atlases."""

from typing import Annotated

import pyarrow as pa

from tracker.columns import Bool, String, declare, event, implemented_by, ops, version

geo_planet = declare(String, doc="Planet.")
geo_moon = declare(String, doc="Moon.")


@event(implements=geo_planet, provider="x", version=2)
def planet_by_x(client_id: String, *, name: str = "Mars") -> String:
    """By atlas x."""
    return pa.array([name] * len(client_id))


@event(implements=geo_planet, provider="y")
def planet_by_y(client_id: String, *, name: str = "Venus") -> String:
    """By atlas y."""
    return pa.array([name] * len(client_id))


@event(implements=geo_moon, provider="x")
def moon_by_x(geo_planet: String) -> String:
    """By atlas x."""
    return pa.array(["Phobos"] * len(geo_planet))


@event(implements=geo_moon, provider="y")
def moon_by_y(geo_planet: String) -> String:
    """By atlas y."""
    return pa.array(["none"] * len(geo_planet))


@event
def planets_agree(
    by_x: Annotated[String, implemented_by("x", "geo_planet"), version(2)],
    by_y: Annotated[String, implemented_by("y", "geo_planet")],
) -> Bool:
    """Whether both atlases say the same."""
    return ops.equal(by_x, by_y)


@event
def planets(
    by_x: Annotated[String, implemented_by("x", "geo_planet")],
    by_y: Annotated[String, implemented_by("y", "geo_planet")],
) -> String:
    """Both."""
    return pa.array([f"{x} {y}" for x, y in zip(by_x.to_pylist(), by_y.to_pylist(), strict=True)])
'''


@pytest.fixture
def planets(tmp_path: Path) -> Path:
    """A folder with the plugin."""
    (tmp_path / "planets.py").write_text(PLUGIN)
    return tmp_path


def row(folder: Path, property_id: str = "G-1", **settings: Any) -> dict[str, Any]:
    """The row of one page view."""
    hit = make_hit("v=2&tid=G-1&cid=1.1&en=page_view", property_id=property_id)
    return compute_rows([hit], {"plugins_dir": folder, **settings})[0]


@pytest.mark.parametrize(("chosen", "place"), [("x", ("Mars", "Phobos")), ("y", ("Venus", "none"))])
def test_a_pattern_chooses_for_all(planets: Path, chosen: str, place: tuple[str, str]) -> None:
    """Every column of such a name is filled by the provider; one that reads another reads what was chosen."""
    found = row(planets, columns={"geo_*": chosen})
    assert (found["geo_planet"], found["geo_moon"]) == place


def test_a_name_wins_over_a_pattern(planets: Path) -> None:
    """Whichever is written first."""
    found = row(planets, columns={"geo_*": "x", "geo_moon": "y"})
    assert (found["geo_planet"], found["geo_moon"]) == ("Mars", "none")


@pytest.mark.parametrize("chosen", ["x", "y"])
def test_both_are_compared_side_by_side(planets: Path, chosen: str) -> None:
    """A third column sees both, whichever is chosen."""
    found = row(planets, columns={"geo_*": chosen})
    assert (found["planets"], found["planets_agree"]) == ("Mars Venus", False)


def test_without_a_choice_both_are_named(planets: Path) -> None:
    """Neither is taken by chance."""
    with pytest.raises(Problems, match=r"several providers, choose one under \[columns\]: x \(.*\), y \("):
        row(planets)


def test_settings_reach_each_provider(planets: Path) -> None:
    """Under its own name, for all properties and for one; the comparison sees the same values."""
    settings = {
        "columns": {"geo_*": "y", "planet_by_y": {"name": "Mars"}},
        "properties": {"G-2": {"columns": {"planet_by_x": {"name": "Pluto"}}}},
    }
    found = [row(planets, property_id, **settings) for property_id in ("G-1", "G-2")]
    assert [one["geo_planet"] for one in found] == ["Mars", "Mars"]
    assert [one["planets"] for one in found] == ["Mars Mars", "Pluto Mars"]
    assert [one["planets_agree"] for one in found] == [True, False]


def test_the_epoch_tells_which(planets: Path) -> None:
    """Provider and version of what fills the column, and of those that are only compared."""
    settings = {"plugins_dir": planets, "columns": {"geo_*": "x"}}
    epoch = compute_batch([make_hit()], settings).epoch
    assert epoch is not None
    columns = json.loads(epoch.columns)
    assert columns["geo_planet"]["ga4"] == {"provider": "x", "version": 2}
    assert columns["geo_planet@y"]["ga4"] == {"provider": "y", "version": 1}
