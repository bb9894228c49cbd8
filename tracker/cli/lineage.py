"""What a column is made of, as a picture: every provider, down to parameters, hit fields, headers, settings and
resources.

The pictures of all protocols are one: a column that protocols fill in their own ways has a provider of each.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tracker.errors import Misconfigured

MOST = 60
"""Vertices of a picture that a person can still read."""
Kind = Literal["parameter", "hit", "header", "setting", "resource", "event", "session", "boundary"]
_KINDS: Mapping[str, Kind] = {"param": "parameter", "params": "parameter", "hit": "hit", "header": "header",
                              "setting": "setting", "resource": "resource"}  # fmt: skip
_CUT_BY_BOUNDARIES = ("session_id", "split_cause")
"""What the split knows because of boundaries."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """A column, or one provider of it."""

    title: str
    kind: Kind
    subtitle: str
    """What it reads, or how it comes to its value."""
    protocol: str | None
    """The family it is for; None: all."""
    doc: str
    where: str
    hidden: int = 0
    """How many of its inputs are not in the picture."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An input. `source` and `target` are places in the list of vertices."""

    source: int
    target: int
    in_session: bool
    """Whether the target sees all values of the session, not only its own event's."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """A picture before it is drawn. The first vertex is the column itself."""

    vertices: Sequence[Vertex]
    edges: Sequence[Edge]
    note: str = ""
    """What was left out."""


class UnknownFormat(Misconfigured):
    """A file's name does not say which kind of picture it should be."""

    def __init__(self, path: Path, known: Sequence[str]) -> None:
        super().__init__(path, known)
        self.path, self.known = path, known

    def __str__(self) -> str:
        return f"cannot tell the format of {str(self.path)!r}: its name must end in {', '.join(self.known)}"


def lineage(name: str, graphs: Mapping[str, Any], depth: int | None = None) -> Lineage:
    """The lineage of a column that some graph has, to a depth: 1 are its inputs. Without one, as deep as `MOST`
    vertices allow.
    """
    found = {family: graph.nodes[name] for family, graph in graphs.items() if name in graph.nodes}
    whole = _Whole()
    whole.join([node.interface for node in found.values()])
    for family, node in found.items():
        whole.add(node, graphs[family], family)
    return _cut(whole.lineage(), depth)


def draw(picture: Lineage, path: Path) -> None:
    """Write a picture; the name's end decides how: .svg, .dot, .mmd. Raises `UnknownFormat`, and `Misconfigured` where
    the file cannot be written.
    """
    from tracker.cli.lineage_svg import svg
    from tracker.cli.lineage_text import dot, mermaid

    formats: Mapping[str, Callable[[Lineage], str]] = {".svg": svg, ".dot": dot, ".mmd": mermaid, ".mermaid": mermaid}
    if path.suffix not in formats:
        raise UnknownFormat(path, list(formats))
    try:
        path.write_text(formats[path.suffix](picture), encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error


class _Whole:
    """The graphs of all families in one, without what the column does not need."""

    def __init__(self) -> None:
        self._vertices: dict[int, Vertex] = {}
        self._edges: dict[tuple[int, int], bool] = {}
        self._on: dict[int, set[str]] = {}

    def join(self, columns: Sequence[Any]) -> None:
        """Begin with these, which are one column of the table: the same, or one of each protocol."""
        apart = {id(column): column for column in columns}
        if len(apart) > 1:
            one = _vertex(columns[0], columns[0].name)
            self._vertices[0] = replace(one, kind=columns[0].scope, subtitle="one for each protocol", protocol=None)
            self._edges = {(key, 0): False for key in apart}

    def add(self, node: Any, graph: Any, family: str) -> None:
        """Add a node, and what it comes from in its family."""
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            self._add_node(node, family)
            for source, in_session in _sources(node, graph):
                self._edges.setdefault((id(source.interface), id(node.column)), in_session)
                waiting.append(source)

    def lineage(self) -> Lineage:
        place = {key: number for number, key in enumerate(self._vertices)}
        vertices = [
            replace(vertex, subtitle=_switched(vertex, self._on.get(key, set())))
            for key, vertex in self._vertices.items()
        ]
        return Lineage(vertices, [Edge(place[a], place[b], events) for (a, b), events in self._edges.items()])

    def _add_node(self, node: Any, family: str) -> None:
        self._vertices.setdefault(id(node.interface), _vertex(node.interface, node.name))
        if node.column is not node.interface:
            self._vertices.setdefault(id(node.column), _vertex(node.column, node.column.name))
            self._edges.setdefault((id(node.column), id(node.interface)), False)
        if node.scope == "boundary" and node.default:
            self._on.setdefault(id(node.interface), set()).add(family)


def _sources(node: Any, graph: Any) -> list[tuple[Any, bool]]:
    found = [(source, needed.events) for needed, source in node.inputs]
    if node.column.kind == "split" and node.column.keys[0] in _CUT_BY_BOUNDARIES:
        found += [(boundary, True) for boundary in graph.boundaries]
    return found


def _vertex(column: Any, name: str) -> Vertex:
    kind: Kind = _KINDS.get(column.kind) or column.scope
    return Vertex(name, kind, _subtitle(column), column.protocol, " ".join(column.doc.split()), column.where)


def _subtitle(column: Any) -> str:
    if column.kind in _KINDS:
        star = "*" if column.kind == "params" else ""
        return f"{_KINDS[column.kind]} {', '.join(column.keys)}{star}"
    if column.kind == "interface":
        return f"{column.scope} column, filled by providers"
    if column.kind == "split":
        return "decided by the split"
    if column.provider:
        return f"{column.scope} column, provider {column.provider}"
    return column.scope if column.scope == "boundary" else f"{column.scope} column"


def _switched(vertex: Vertex, on: set[str]) -> str:
    if vertex.kind != "boundary":
        return vertex.subtitle
    return f"boundary, on for {', '.join(sorted(on))}" if on else "boundary, off by default"


def _cut(picture: Lineage, depth: int | None) -> Lineage:
    far = _distances(picture)
    deepest = max(far)
    if depth is None:
        depth = next((d for d in range(deepest, 1, -1) if sum(one <= d for one in far) <= MOST), 1)
    if depth >= deepest:
        return picture
    kept = [number for number, distance in enumerate(far) if distance <= depth]
    place = {number: new for new, number in enumerate(kept)}
    hidden = [0] * len(far)
    for edge in picture.edges:
        hidden[edge.target] += edge.source not in place
    return Lineage(
        [replace(picture.vertices[number], hidden=hidden[number]) for number in kept],
        [
            Edge(place[e.source], place[e.target], e.in_session)
            for e in picture.edges
            if {e.source, e.target} <= place.keys()
        ],
        f"Cut at depth {depth} of {deepest}: {len(far) - len(kept)} more stand behind. --depth {deepest} shows all.",
    )


def _distances(picture: Lineage) -> list[int]:
    """Fewest steps from the column to each vertex."""
    sources: dict[int, list[int]] = {}
    for edge in picture.edges:
        sources.setdefault(edge.target, []).append(edge.source)
    far = {0: 0}
    waiting = [0]
    for vertex in waiting:
        for source in sources.get(vertex, ()):
            if source not in far:
                far[source] = far[vertex] + 1
                waiting.append(source)
    return [far[number] for number in range(len(picture.vertices))]
