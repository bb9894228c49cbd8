"""A picture of inputs as SVG: one file that needs nothing else, with a legend, and what each column means
on hovering.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

from tracker.cli.lineage import Kind, Lineage, Vertex
from tracker.cli.lineage_layout import layout

HEIGHT = 40
MARGIN = 28
HEAD = 92
"""Pixels above the boxes: the title and the legend."""
LONGEST = 38
"""Characters of a line in a box."""
_LETTER, _SMALL = 7.3, 6.1
"""Widths of a letter of the title and of the line below it."""
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
COLOURS: Mapping[Kind, tuple[str, str]] = {
    "parameter": ("#e3f1fb", "#0b6aa8"),
    "hit": ("#e2f3ee", "#00795a"),
    "header": ("#e9e7f8", "#5a4bb5"),
    "setting": ("#fdf1d3", "#9a6a00"),
    "resource": ("#f6e6ef", "#a23b72"),
    "event": ("#ffffff", "#3c4652"),
    "session": ("#eef1f4", "#1f2933"),
    "boundary": ("#fde8e1", "#c0461a"),
}
_NAMES: Mapping[Kind, str] = {
    "parameter": "request parameter", "hit": "field of the hit", "header": "header", "setting": "setting",
    "resource": "resource", "event": "event column", "session": "session column", "boundary": "boundary",
}  # fmt: skip


def svg(picture: Lineage) -> str:
    """The whole file."""
    found = layout([_width(v) for v in picture.vertices], HEIGHT, [(e.source, e.target) for e in picture.edges])
    legend, reach = _legend({vertex.kind for vertex in picture.vertices})
    title = f"Where {picture.vertices[0].title} comes from"
    texts = len(title) * 11, len(picture.note) * _LETTER, reach
    width, height = max(found.width, *texts) + 2 * MARGIN, found.height + HEAD + 2 * MARGIN
    lines = [
        _line(found.routes[edge.source, edge.target], edge.in_session, COLOURS[picture.vertices[edge.source].kind][1])
        for edge in picture.edges
    ]
    boxes = [
        _box(vertex, box, not at) for at, (vertex, box) in enumerate(zip(picture.vertices, found.boxes, strict=True))
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{_FONT}" font-size="12">',
            f"<title>{_text(title)}</title>",
            '<rect width="100%" height="100%" fill="#fbfbfa"/>',
            f'<g transform="translate({MARGIN},{MARGIN})">',
            f'<text y="12" font-size="17" font-weight="bold" fill="#1f2933">{_text(title)}</text>',
            *legend,
            f'<text y="66" fill="#c0461a">{_text(picture.note)}</text>' if picture.note else "",
            f'<g transform="translate(0,{HEAD})">',
            *lines,
            *boxes,
            "</g>",
            "</g>",
            "</svg>",
            "",
        ]
    )


def _width(vertex: Vertex) -> float:
    title = len(_short(vertex.title)) * _LETTER + (len(_hidden(vertex)) + 1) * _LETTER * bool(vertex.hidden)
    return max(title, len(_short(vertex.subtitle)) * _SMALL, len(vertex.protocol or "") * _SMALL + 20) + 36


def _box(vertex: Vertex, box: tuple[float, float, float, float], is_main: bool) -> str:
    left, top, width, height = box
    fill, stroke = COLOURS[vertex.kind]
    about = f"{vertex.title} ({vertex.subtitle}; {vertex.where})\n{vertex.doc}".strip()
    return (
        f'<g><title>{_text(about)}</title><path d="{_shape(vertex.kind, left, top, width, height)}" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{2.6 if is_main else 1.3}"/>{_inside(vertex.kind, box, stroke)}'
        f'<text x="{left + 18:.1f}" y="{top + 18:.1f}" font-weight="bold" fill="#1f2933">{_text(_short(vertex.title))}'
        f"{_more(vertex)}</text>"
        f'<text x="{left + 18:.1f}" y="{top + 31:.1f}" font-size="10" fill="{stroke}">'
        f"{_text(_short(vertex.subtitle))}</text>{_badge(vertex, left + width, top)}</g>"
    )


def _hidden(vertex: Vertex) -> str:
    return f"+{vertex.hidden}"


def _more(vertex: Vertex) -> str:
    return f'<tspan fill="#c0461a"> {_hidden(vertex)}</tspan>' if vertex.hidden else ""


def _badge(vertex: Vertex, right: float, top: float) -> str:
    if vertex.protocol is None:
        return ""
    width = len(vertex.protocol) * _SMALL + 10
    return (
        f'<rect x="{right - width - 8:.1f}" y="{top - 10:.1f}" width="{width:.1f}" height="14" rx="7" fill="#3c4652"/>'
        f'<text x="{right - 8 - width / 2:.1f}" y="{top + 0.5:.1f}" font-size="10" fill="#ffffff" '
        f'text-anchor="middle">{_text(vertex.protocol)}</text>'
    )


def _shape(kind: Kind, x: float, y: float, w: float, h: float) -> str:
    """The outline of a box of this kind, as a path."""
    if kind == "hit":
        return f"M{x + 10:.1f} {y:.1f}H{x + w:.1f}L{x + w - 10:.1f} {y + h:.1f}H{x:.1f}Z"
    if kind == "header":
        return f"M{x:.1f} {y:.1f}H{x + w - 12:.1f}L{x + w:.1f} {y + h / 2:.1f}L{x + w - 12:.1f} {y + h:.1f}H{x:.1f}Z"
    if kind in ("setting", "boundary"):
        d = 10 if kind == "setting" else 16
        return (
            f"M{x + d:.1f} {y:.1f}H{x + w - d:.1f}L{x + w:.1f} {y + h / 2:.1f}L{x + w - d:.1f} {y + h:.1f}"
            f"H{x + d:.1f}L{x:.1f} {y + h / 2:.1f}Z"
        )
    r = {"parameter": h / 2, "resource": 0, "session": 9}.get(kind, 3)
    return (
        f"M{x + r:.1f} {y:.1f}H{x + w - r:.1f}a{r} {r} 0 0 1 {r} {r}V{y + h - r:.1f}a{r} {r} 0 0 1 -{r} {r}"
        f"H{x + r:.1f}a{r} {r} 0 0 1 -{r} -{r}V{y + r:.1f}a{r} {r} 0 0 1 {r} -{r}Z"
    )


def _inside(kind: Kind, box: tuple[float, float, float, float], stroke: str) -> str:
    """A second line inside the outline: what is one value a session, and what is a file."""
    x, y, w, h = box
    if kind == "session":
        return (
            f'<path d="{_shape(kind, x + 3, y + 3, w - 6, h - 6)}" fill="none" stroke="{stroke}" stroke-width="0.6"/>'
        )
    if kind == "resource":
        return f'<path d="M{x + 6:.1f} {y:.1f}v{h}M{x + w - 6:.1f} {y:.1f}v{h}" stroke="{stroke}" stroke-width="0.8"/>'
    return ""


def _line(points: Sequence[tuple[float, float]], in_session: bool, colour: str) -> str:
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (next_x, next_y) in pairwise(points):
        if abs(y - next_y) < 0.05:
            path.append(f"H{next_x:.1f}")
        else:
            middle = (x + next_x) / 2
            path.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}")
    dashes = ' stroke-dasharray="5 3"' if in_session else ""
    return f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-opacity="0.55" stroke-width="1.3"{dashes}/>'


def _legend(kinds: set[Kind]) -> tuple[list[str], float]:
    """The kinds that occur, and what the lines mean; with how far to the right it reaches."""
    parts: list[str] = []
    at = 0.0
    for kind in (kind for kind in COLOURS if kind in kinds):
        fill, stroke = COLOURS[kind]
        parts.append(
            f'<path d="{_shape(kind, at, 28, 34, 18)}" fill="{fill}" stroke="{stroke}"/>'
            f"{_inside(kind, (at, 28, 34, 18), stroke)}"
            f'<text x="{at + 41:.1f}" y="41" fill="#3c4652" font-size="11">{_NAMES[kind]}</text>'
        )
        at += 41 + len(_NAMES[kind]) * 6.7 + 22
    for words, in_session in (("value of the same event or session", False), ("all values of the session", True)):
        parts.append(_line([(at, 37), (at + 34, 37)], in_session, "#3c4652"))
        parts.append(f'<text x="{at + 41:.1f}" y="41" fill="#3c4652" font-size="11">{words}</text>')
        at += 41 + len(words) * 6.7 + 22
    return parts, at


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _text(text: str) -> str:
    """As XML may hold it: escaped, without control characters."""
    return escape("".join(letter if letter >= " " or letter == "\n" else "\ufffd" for letter in text), {'"': "&quot;"})
