"""Places for the boxes of a picture of inputs: in layers, sources left, with few crossings and short, level lines.

The steps are those of Sugiyama, Tagawa and Toda (1981). Pure; no two boxes overlap and every line leads right.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP = 16
"""Pixels between two boxes of a layer."""
LANE = 12
"""Pixels that a line needs where it passes a layer."""
BETWEEN = 72
"""Pixels between two layers."""
_SWEEPS = 24


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands. Boxes are (left, top, width, height)."""

    boxes: Sequence[tuple[float, float, float, float]]
    routes: Mapping[tuple[int, int], Sequence[tuple[float, float]]]
    """For each (source, target) the points its line goes through, left to right."""
    width: float
    height: float


def layout(widths: Sequence[float], height: float, edges: Sequence[tuple[int, int]]) -> Layout:
    """Boxes of these widths, one per vertex, all of one height. Vertex 0 is what all others lead to."""
    grid = _Grid(len(widths), edges)
    orders = _fewest_crossings(grid)
    centres = _levelled(grid, orders, height)
    top = min(centres[item] - _half(grid, item, height) for order in orders for item in order)
    lefts, wides, total = _columns(grid, widths)
    boxes = []
    for vertex in range(len(widths)):
        layer = grid.layer[vertex]
        boxes.append((lefts[layer], centres[vertex] - top - height / 2, wides[layer], height))
    routes = {
        (source, target): _route([source, *between, target], grid, centres, top, lefts, wides)
        for (source, target), between in grid.between.items()
    }
    bottom = max(centres[item] + _half(grid, item, height) for order in orders for item in order)
    return Layout(boxes, routes, total, bottom - top)


class _Grid:
    """Vertices in layers, 0 at the right. Where a line passes a layer it has an item there too, numbered on."""

    def __init__(self, count: int, edges: Sequence[tuple[int, int]]) -> None:
        self.count = count
        self.layer = _layers(count, edges)
        self.links: set[tuple[int, int]] = set()
        """(left, right) pairs of items in neighbouring layers."""
        self.between: dict[tuple[int, int], list[int]] = {}
        lanes: dict[tuple[int, int], int] = {}
        for source, target in edges:
            chain = [source]
            for layer in range(self.layer[source] - 1, self.layer[target], -1):
                # All lines of one source share the item of a layer: they part as late as they can.
                item = lanes.setdefault((source, layer), len(self.layer))
                if item == len(self.layer):
                    self.layer.append(layer)
                chain.append(item)
            self.between[source, target] = chain[1:]
            self.links.update(zip(chain, [*chain[1:], target], strict=True))
        self.left: dict[int, list[int]] = defaultdict(list)
        self.right: dict[int, list[int]] = defaultdict(list)
        for left, right in sorted(self.links):
            self.left[right].append(left)
            self.right[left].append(right)


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Most steps from each vertex to vertex 0."""
    targets: dict[int, list[int]] = defaultdict(list)
    for source, target in edges:
        targets[source].append(target)
    found: dict[int, int] = {}

    def of(vertex: int) -> int:
        if vertex not in found:
            found[vertex] = 1 + max((of(target) for target in targets[vertex]), default=-1)
        return found[vertex]

    return [of(vertex) for vertex in range(count)]


def _fewest_crossings(grid: _Grid) -> list[list[int]]:
    """The items of each layer, top to bottom."""
    orders: list[list[int]] = [[] for _ in range(max(grid.layer) + 1)]
    seen: set[int] = set()

    def visit(item: int) -> None:
        if item not in seen:
            seen.add(item)
            orders[grid.layer[item]].append(item)
            for left in grid.left[item]:
                visit(left)

    visit(0)
    best, fewest = [list(order) for order in orders], _crossings(grid, orders)
    for sweep in range(_SWEEPS):
        layers = range(len(orders)) if sweep % 2 == 0 else range(len(orders) - 1, -1, -1)
        for layer in layers:
            neighbours = grid.right if sweep % 2 == 0 else grid.left
            at = {item: place for order in orders for place, item in enumerate(order)}
            orders[layer].sort(key=lambda item: _mean((at[n] for n in neighbours[item]), at[item]))
        crossings = _crossings(grid, orders)
        if crossings < fewest:
            best, fewest = [list(order) for order in orders], crossings
    return best


def _crossings(grid: _Grid, orders: Sequence[Sequence[int]]) -> int:
    at = {item: place for order in orders for place, item in enumerate(order)}
    total = 0
    for order in orders:
        ends = [at[left] for item in order for left in sorted(grid.left[item], key=at.__getitem__)]
        total += sum(above > below for i, above in enumerate(ends) for below in ends[i + 1 :])
    return total


def _levelled(grid: _Grid, orders: Sequence[Sequence[int]], height: float) -> dict[int, float]:
    """The middle of each item: as near to its neighbours as those above and below it allow."""
    centres: dict[int, float] = {}
    for order in orders:
        centres |= zip(order, _stacked(grid, order, [0.0] * len(order), height), strict=True)
    for sweep in range(_SWEEPS):
        for order in orders if sweep % 2 == 0 else reversed(orders):
            wanted = [
                _mean((centres[n] for n in (*grid.left[item], *grid.right[item])), centres[item]) for item in order
            ]
            centres |= zip(order, _stacked(grid, order, wanted, height), strict=True)
    return centres


def _stacked(grid: _Grid, order: Sequence[int], wanted: Sequence[float], height: float) -> list[float]:
    """Places nearest to those wanted at which nothing overlaps: least squares, by pooling what is too close."""
    halves = [_half(grid, item, height) for item in order]
    offsets = [0.0]
    for above, below in pairwise(halves):
        offsets.append(offsets[-1] + above + below)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    bases = [total / count for total, count in pools for _ in range(count)]
    return [base + offset for base, offset in zip(bases, offsets, strict=True)]


def _half(grid: _Grid, item: int, height: float) -> float:
    return (height + GAP) / 2 if item < grid.count else LANE / 2


def _columns(grid: _Grid, widths: Sequence[float]) -> tuple[list[float], list[float], float]:
    """Left edge and width of each layer, and the width of all."""
    wides = [0.0] * (max(grid.layer) + 1)
    for vertex, width in enumerate(widths):
        wides[grid.layer[vertex]] = max(wides[grid.layer[vertex]], width)
    lefts = [0.0] * len(wides)
    at = 0.0
    for layer in range(len(wides) - 1, -1, -1):
        lefts[layer] = at
        at += wides[layer] + BETWEEN
    return lefts, wides, at - BETWEEN


def _route(
    items: Sequence[int], grid: _Grid, centres: Mapping[int, float], top: float, lefts: list[float], wides: list[float]
) -> list[tuple[float, float]]:
    points = []
    for item in items:
        layer, level = grid.layer[item], centres[item] - top
        points += [(lefts[layer], level), (lefts[layer] + wides[layer], level)]
    return points[1:-1]


def _mean(values: Iterable[float], otherwise: float) -> float:
    found = list(values)
    return sum(found) / len(found) if found else otherwise
