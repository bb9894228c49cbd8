"""A picture of inputs as text that other programs draw: Graphviz and Mermaid."""

from collections.abc import Mapping

from tracker.cli.lineage import Kind, Lineage, Vertex
from tracker.cli.lineage_svg import COLOURS

_DOT_SHAPES: Mapping[Kind, str] = {
    "parameter": "ellipse", "hit": "parallelogram", "header": "cds", "setting": "hexagon", "resource": "cylinder",
    "event": "box", "session": "box", "boundary": "octagon",
}  # fmt: skip
_MERMAID_SHAPES: Mapping[Kind, tuple[str, str]] = {
    "parameter": ("([", "])"), "hit": ("[/", "/]"), "header": (">", "]"), "setting": ("{{", "}}"),
    "resource": ("[(", ")]"), "event": ("[", "]"), "session": ("[[", "]]"), "boundary": ("{{", "}}"),
}  # fmt: skip


def dot(picture: Lineage) -> str:
    """The language of Graphviz."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="monospace", fontsize=10, style=filled];']
    for number, vertex in enumerate(picture.vertices):
        fill, stroke = COLOURS[vertex.kind]
        more = ", peripheries=2" if vertex.kind == "session" else ""
        label, about = "\\n".join(map(_in_dot, _words(vertex))), _in_dot(vertex.doc)
        lines.append(
            f'  n{number} [shape={_DOT_SHAPES[vertex.kind]}, label="{label}", fillcolor="{fill}", color="{stroke}"'
            f'{more}, tooltip="{about}"];'
        )
    lines += [f"  n{e.source} -> n{e.target}{' [style=dashed]' if e.in_session else ''};" for e in picture.edges]
    lines += [f'  label="{_in_dot(picture.note)}";'] if picture.note else []
    return "\n".join([*lines, "}", ""])


def mermaid(picture: Lineage) -> str:
    """The language of Mermaid, which many wikis and code hosts draw."""
    lines = [f"%% {picture.note}"] if picture.note else []
    lines.append("flowchart LR")
    for number, vertex in enumerate(picture.vertices):
        begin, end = _MERMAID_SHAPES[vertex.kind]
        lines.append(f'  n{number}{begin}"{"<br/>".join(map(_in_mermaid, _words(vertex)))}"{end}:::{vertex.kind}')
    lines += [f"  n{e.source} {'-.->' if e.in_session else '-->'} n{e.target}" for e in picture.edges]
    for kind in dict.fromkeys(vertex.kind for vertex in picture.vertices):
        fill, stroke = COLOURS[kind]
        lines.append(f"  classDef {kind} fill:{fill},stroke:{stroke},color:#1f2933")
    return "\n".join([*lines, ""])


def _words(vertex: Vertex) -> list[str]:
    more = f" +{vertex.hidden}" if vertex.hidden else ""
    return [vertex.title + more, f"{vertex.protocol}: {vertex.subtitle}" if vertex.protocol else vertex.subtitle]


def _in_dot(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')


def _in_mermaid(text: str) -> str:
    """Mermaid ends a text at a quote and reads HTML; it knows entities by number, without the ampersand."""
    return "".join(f"#{ord(letter)};" if letter in '"#<>&\\`' else letter for letter in " ".join(text.split()))
