"""A column's lineage is drawn."""

import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import app
from tracker.cli import main
from tracker.cli.lineage import MOST, Lineage, UnknownFormat, Vertex, draw, lineage
from tracker.cli.lineage_layout import LANE, layout
from tracker.cli.lineage_svg import svg
from tracker.cli.lineage_text import dot, mermaid
from tracker.config import Settings

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def graphs() -> Any:
    """The built-in columns, wired."""
    return app.registry(Settings()).graphs


def vertices(picture: Lineage) -> dict[str, Vertex]:
    return {vertex.title: vertex for vertex in picture.vertices}


def inputs(picture: Lineage, title: str) -> set[str]:
    names = [vertex.title for vertex in picture.vertices]
    return {names[edge.source] for edge in picture.edges if names[edge.target] == title}


def texts(picture: Lineage) -> str:
    return "\n".join("".join(text.itertext()) for text in ElementTree.fromstring(svg(picture)).iter(f"{SVG}text"))


def test_the_column_comes_first(graphs: Any) -> None:
    """And everything else leads to it."""
    picture = lineage("page_path", graphs)
    assert picture.vertices[0].title == "page_path"
    assert {edge.source for edge in picture.edges} == set(range(1, len(picture.vertices)))


def test_a_column_is_followed_down_to_parameters(graphs: Any) -> None:
    """Those of each protocol, each marked as its own."""
    found = vertices(lineage("page_path", graphs))
    assert [
        (found[name].kind, found[name].subtitle, found[name].protocol) for name in ("ga4_page_url", "matomo_page_url")
    ] == [
        ("parameter", "parameter dl", "ga4"),
        ("parameter", "parameter url", "matomo"),
    ]


def test_what_is_for_all_protocols_bears_no_mark(graphs: Any) -> None:
    """Only what one protocol alone has is marked."""
    assert vertices(lineage("page_path", graphs))["url"].protocol is None


def test_hit_fields_and_settings_end_a_lineage(graphs: Any) -> None:
    """As what they are."""
    found = vertices(lineage("date_local", graphs))
    assert [found[name].subtitle for name in ("received_at", "time_zone")] == ["hit received_at", "setting time_zone"]


def test_headers_and_resources_end_a_lineage(graphs: Any) -> None:
    """As what they are."""
    found = vertices(lineage("session_revenue_in_usd", graphs, 99))
    assert found["exchange_rates"].kind == "resource"
    found = vertices(lineage("device_language", graphs, 99))
    assert "header" in {vertex.kind for vertex in found.values()}


def test_boundaries_are_what_a_split_comes_from(graphs: Any) -> None:
    """With the protocols that they are on for."""
    found = vertices(lineage("session_split_cause", graphs, 1))
    assert [(found[name].kind, found[name].subtitle) for name in ("timeout", "midnight", "utm_campaign_changed")] == [
        ("boundary", "boundary, on for ga4, matomo"),
        ("boundary", "boundary, on for matomo"),
        ("boundary", "boundary, off by default"),
    ]


def test_inputs_across_the_session_are_told_apart(graphs: Any) -> None:
    """A session column sees every event; an event column its own."""
    picture = lineage("session_entry_page_path", graphs, 2)
    names = [vertex.title for vertex in picture.vertices]
    seen = {(names[e.source], names[e.target]): e.in_session for e in picture.edges}
    assert (seen["page_path", "session_entry_page_path"], seen["url", "page_path"]) == (True, False)


def test_one_name_in_two_protocols_is_one_column(graphs: Any) -> None:
    """Where each protocol has a column of its own of that name, both lead to the one in the table."""
    shared = [
        name
        for name in graphs["ga4"].nodes
        if name in graphs["matomo"].nodes
        and graphs["matomo"].nodes[name].interface is not graphs["ga4"].nodes[name].interface
    ]
    picture = lineage(shared[0], graphs, 1)
    assert [(v.title, v.protocol) for v in picture.vertices] == [
        (shared[0], None), (shared[0], "ga4"), (shared[0], "matomo"),
    ]  # fmt: skip


def test_a_depth_cuts(graphs: Any) -> None:
    """What is left out is counted where it would stand, and in a note."""
    picture = lineage("page_path", graphs, 1)
    assert {vertex.title: vertex.hidden for vertex in picture.vertices} == {"page_path": 0, "url": 3}
    assert picture.note == "Cut at depth 1 of 4: 7 more stand behind. --depth 4 shows all."


def test_a_big_lineage_is_cut_by_itself(graphs: Any) -> None:
    """To what can be read, unless a depth asks for more."""
    picture = lineage("session_split_cause", graphs)
    assert len(picture.vertices) <= MOST
    assert picture.note
    assert len(lineage("session_split_cause", graphs, 99).vertices) > MOST


def test_every_stored_column_can_be_drawn(graphs: Any) -> None:
    """As well-formed XML, in every protocol."""
    for name in [node.name for graph in graphs.values() for node in graph.order if node.interface.stored][::7]:
        assert ElementTree.fromstring(svg(lineage(name, graphs))).tag == f"{SVG}svg"


def test_a_picture_says_what_it_shows(graphs: Any) -> None:
    """A title, names, protocols, a legend of the kinds that occur, and the note."""
    shown = texts(lineage("page_path", graphs, 3))
    assert all(word in shown for word in ("Where page_path comes from", "ga4_page_url", "matomo", "request parameter"))
    assert ("Cut at depth 3" in shown, "boundary" in shown) == (True, False)


def test_names_are_escaped() -> None:
    """Whatever a column is called and says, all three formats stay whole."""
    odd = Vertex('<a href="x">&', "event", 'k"\\', None, "1 < 2 \x00", "f.py:1")
    picture = Lineage([odd], [])
    assert '<a href="x">&' in texts(picture)
    assert r'label="<a href=\"x\">&\nk\"\\"' in dot(picture)
    assert '["#60;a href=#34;x#34;#62;#38;<br/>k#34;#92;"]' in mermaid(picture)


def test_text_formats_hold_the_same(graphs: Any) -> None:
    """As many boxes and arrows."""
    picture = lineage("session_entry_page_path", graphs)
    assert len(re.findall(r"^  n\d+ \[", dot(picture), re.MULTILINE)) == len(picture.vertices)
    assert [dot(picture).count(" -> "), len(re.findall(r" -\.?-> ", mermaid(picture)))] == [len(picture.edges)] * 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=14))
def test_boxes_stand_apart_and_lines_lead_right(steps: list[tuple[int, int]]) -> None:
    """Whatever the graph: each vertex after the first leads to one or two before it."""
    edges = sorted({(v, max(0, v - back)) for v, (jump, near) in enumerate(steps, 1) for back in (near, near + jump)})
    found = layout([100 + 7 * jump for jump, _ in [(0, 0), *steps]], 40, edges)
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(found.boxes, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    for (source, target), points in found.routes.items():
        left, right = found.boxes[source], found.boxes[target]
        assert all(a[0] <= b[0] for a, b in pairwise(points))
        ends = (left[0] + left[2], left[1] + 20, right[0], right[1] + 20)
        assert (*points[0], *points[-1]) == pytest.approx(ends)
    assert all(x >= 0 and y >= 0 and x + w <= found.width and y + h <= found.height for x, y, w, h in found.boxes)


def test_lines_go_round_boxes() -> None:
    """A line that skips a layer passes between its boxes."""
    found = layout([100, 100, 100], 40, [(1, 0), (2, 1), (2, 0)])
    (_, level), (_, top, _, height) = found.routes[2, 0][1], found.boxes[1]
    assert not top - LANE / 2 < level < top + height + LANE / 2


def test_a_file_by_its_name(graphs: Any, tmp_path: Path) -> None:
    """The end of the name decides what is written."""
    for end, begin in ((".svg", "<svg "), (".dot", "digraph "), (".mmd", "flowchart ")):
        draw(lineage("page_path", graphs), tmp_path / f"out{end}")
        assert (tmp_path / f"out{end}").read_text().startswith(begin)


def test_an_unknown_kind_of_file(graphs: Any, tmp_path: Path) -> None:
    """The formats there are, are named."""
    with pytest.raises(UnknownFormat, match=r"must end in \.svg, \.dot, \.mmd"):
        draw(lineage("page_path", graphs), tmp_path / "out.png")


def test_the_command_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And says what, and what was left out."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["columns", "page_path", "--graph", "out.svg", "--depth", "2"])
    assert ended.value.code in (0, None)
    assert capsys.readouterr().out.startswith("out.svg: page_path and 4 it comes from\nCut at depth 2")
    assert (tmp_path / "out.svg").exists()


@pytest.mark.parametrize("options", [["--graph", "out.svg"], ["page_path", "--depth", "2"]])
def test_wrong_usage(options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drawing needs a name, and only a drawing has a depth: exit code 2."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["columns", *options])
    assert ended.value.code == 2
