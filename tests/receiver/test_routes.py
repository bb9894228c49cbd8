"""Which protocol a path reaches."""

import pytest

from tests.receiver.world import ToyProtocol
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
