"""Which protocol a path reaches."""

import pytest

from tests.receiver.world import ToyProtocol
from tracker.cli.checks import plugins_and_properties
from tracker.config.load import load
from tracker.errors import Misconfigured
from tracker.receiver.routes import Routes


class Short(ToyProtocol):
    """Has the last part of the toy's path, and the root."""

    name = "short"
    paths = ("/collect", "/")


class Relative(ToyProtocol):
    """Has a path without a slash."""

    name = "relative"
    paths = ("collect",)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/toy/collect", "toy"),
        ("/collect", "short"),
        ("/metrics/toy/collect", "toy"),
        ("/metrics/collect", "short"),
        ("/", "short"),
        ("/other/", None),
        ("/toy/collect/", None),
        ("/xcollect", None),
        ("/TOY/COLLECT", None),
    ],
)
def test_a_path_reaches_the_longest_match(path: str, name: str | None) -> None:
    """Exact first, then a suffix that begins at a slash, the longest of all."""
    found = Routes([ToyProtocol(), Short()]).find(path)
    assert (found and found.name) == name


def test_all_problems_are_named_at_once() -> None:
    """Clashes with both names, and paths without a slash."""
    twin = type("Twin", (ToyProtocol,), {"name": "twin"})()
    with pytest.raises(Misconfigured) as caught:
        Routes([ToyProtocol(), twin, Relative()])
    assert "the protocols 'toy' and 'twin' both want the path '/toy/collect'" in str(caught.value)
    assert "the path 'collect' of the protocol 'relative' must begin with a slash" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/js/", "toy"),
        ("/blog/js/", "toy"),
        ("/js", None),
        ("/stats/m", "toy"),
        ("/deep/stats/m", "toy"),
        ("/stats/mm", None),
        ("/toy/collect", "toy"),
        ("/other", "short"),
        ("/js/other", "short"),
        ("/stats/", None),
    ],
)
def test_settings_add_paths(path: str, name: str | None) -> None:
    """They are matched as a protocol's own are, which stay."""
    found = Routes([ToyProtocol(), Short()], {"toy": ["/js/", "/stats/m"], "short": ["/other"]}).find(path)
    assert (found and found.name) == name


def test_a_path_may_be_named_twice() -> None:
    """By the same protocol, it is no clash."""
    assert Routes([ToyProtocol()], {"toy": ["/toy/collect", "/x", "/x"]}).find("/x") is not None


def test_paths_in_settings_are_checked() -> None:
    """Unknown protocols with the nearest, what is no path, and what another has."""
    further = {"tooy": ["/a"], "toy": ["b", "/c?d=1", "/e#f", "/collect"], "short": ["/toy/collect"]}
    with pytest.raises(Misconfigured) as caught:
        Routes([ToyProtocol(), Short()], further)
    said = str(caught.value)
    assert "receiver.paths.tooy: there is no such protocol (did you mean 'toy'?); known: short, toy" in said
    assert "the path 'b' of the protocol 'toy' must begin with a slash" in said
    assert "the path '/c?d=1' of the protocol 'toy' must not hold a query or a fragment" in said
    assert "the path '/e#f' of the protocol 'toy' must not hold a query or a fragment" in said
    assert "the protocols 'short' and 'toy' both want the path '/collect'" in said
    assert "the protocols 'toy' and 'short' both want the path '/toy/collect'" in said


def test_paths_are_checked_before_anything_starts() -> None:
    """With everything else that is wrong with plugins and settings."""
    settings = load(
        file=None, environ={"TRACKER_RECEIVER__PATHS__MATOMO": "js/,/m", "TRACKER_RECEIVER__PATHS__GA4": "/x"},
        overrides={},
    ).settings  # fmt: skip
    found = [str(problem) for problem in plugins_and_properties(settings)]
    assert "the path 'js/' of the protocol 'matomo' must begin with a slash" in found
    assert any("receiver.paths.ga4: there is no such protocol" in problem for problem in found)
