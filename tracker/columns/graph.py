"""Wires columns by name, once, at start-up: one topological order per protocol family, and every mistake found at
once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pyarrow as pa

from tracker.columns.collect import AnyColumn
from tracker.columns.column import Column, Input
from tracker.columns.hitfields import FIELDS
from tracker.columns.types import type_name
from tracker.errors import Misconfigured, Problems, did_you_mean

EARLY = ("timestamp_utc", "client_sequence", "event_key", "exclusion_reason", "traffic_filter_name", "opens_session")
"""Columns that order, de-duplication, filters and the split need: computed before there are sessions."""


@dataclass(eq=False, slots=True)
class Node:
    """One column in the graph of one family, with its inputs resolved."""

    name: str
    column: AnyColumn
    """What computes it: the provider, where `interface` is one."""
    interface: AnyColumn
    """What it is to readers: the interface, or the column itself."""
    inputs: list[tuple[Input, "Node"]] = field(default_factory=list)
    late: bool = False
    """Needs sessions: a session column, `Events`, or something that does."""
    default: bool = True
    """Boundaries only: whether it cuts where a property does not say."""

    @property
    def scope(self) -> str:
        """The scope of its values."""
        return self.interface.scope


class Graph:
    """The columns of one protocol family, in an order in which each follows its inputs."""

    def __init__(self, family: str, nodes: Mapping[str, Node], order: Sequence[Node]) -> None:
        self.family = family
        self.nodes = dict(nodes)
        self.order = list(order)
        self.boundaries = sorted((n for n in order if n.scope == "boundary"), key=lambda n: (n.column.order, n.name))
        needed = _ancestors([*(self.nodes[name] for name in EARLY if name in nodes), *self.boundaries])
        required = _ancestors(n for n in order if n.interface.required)
        self.early = [n for n in order if n.scope in ("event", "resource") and (id(n) in needed or id(n) in required)]
        early = {id(n) for n in self.early}
        self.late = [n for n in order if n.scope != "boundary" and id(n) not in early]
        self.required = [n for n in order if n.interface.required]


def build(
    columns: Iterable[AnyColumn],
    families: Sequence[str],
    choices: Mapping[str, str] | None = None,
    switches: Mapping[str, Mapping[str, bool]] | None = None,
) -> dict[str, Graph]:
    """A graph per family. `choices` maps interface names to provider names; a name with wildcards chooses wherever
    there is such a provider. `switches` has, by family, the boundaries that are on or off there unless a property says
    otherwise.

    Raises `Problems` with every mistake in every column.
    """
    columns = list(columns)
    problems = {str(problem): problem for problem in _idle_patterns(columns, choices or {})}
    graphs = {}
    for family in families:
        builder = _Builder(columns, family, choices or {}, (switches or {}).get(family, {}))
        graph = builder.build()
        for problem in builder.problems:
            problems.setdefault(str(problem), problem)
        if graph:
            graphs[family] = graph
    if problems:
        raise Problems(list(problems.values()))
    return graphs


def _idle_patterns(columns: Sequence[AnyColumn], choices: Mapping[str, str]) -> Iterable[Misconfigured]:
    """Choices with wildcards that choose nothing for any protocol."""
    offered = {(str(column.implements), provider_of(column)) for column in columns if column.implements is not None}
    for pattern, choice in choices.items():
        matching = {provider for interface, provider in offered if fnmatchcase(interface, pattern)}
        if choice not in matching and any(sign in pattern for sign in "*?["):
            near = did_you_mean(choice, sorted(matching))
            yield Misconfigured(f"columns.{pattern}: no column of such a name has a provider {choice!r}{near}")


class _Builder:
    def __init__(
        self, columns: Sequence[AnyColumn], family: str, choices: Mapping[str, str], switches: Mapping[str, bool]
    ) -> None:
        self.family, self.choices, self.switches = family, choices, switches
        self.problems: list[Misconfigured] = []
        self.columns = [c for c in columns if c.protocol in (None, family)]
        self.known = {c.name for c in columns}
        self.nodes: dict[str, Node] = {}
        self.providers: dict[str, dict[str, AnyColumn]] = defaultdict(dict)

    def build(self) -> Graph | None:
        self._name_nodes()
        self._choose_providers()
        for node in list(self.nodes.values()):
            self._resolve(node)
        self._switch_boundaries()
        if self.problems:
            return None
        order = self._sorted()
        if order is None:
            return None
        for node in order:
            self._mark_late(node)
        graph = Graph(self.family, self.nodes, order)
        self._check_early(graph)
        return None if self.problems else graph

    def _name_nodes(self) -> None:
        for column in self.columns:
            if column.implements is not None:
                self._offer(column)
                continue
            other = self.nodes.get(column.name)
            if other is not None:
                self.problems.append(column.error(f"the name is taken by {other.column.where}"))
            elif not column.name:
                self.problems.append(column.error("it has no name: assign it to a module attribute"))
            else:
                self.nodes[column.name] = Node(column.name, column, column)

    def _offer(self, column: AnyColumn) -> None:
        interface, provider = str(column.implements), provider_of(column)
        other = self.providers[interface].get(provider)
        if other is not None:
            self.problems.append(column.error(f"{interface!r} already has a provider {provider!r}: {other.where}"))
        self.providers[interface][provider] = column

    def _choose_providers(self) -> None:
        for interface, offered in self.providers.items():
            node = self.nodes.get(interface)
            if node is None or node.column.kind != "interface":
                for column in offered.values():
                    hint = did_you_mean(interface, (n for n, v in self.nodes.items() if v.column.kind == "interface"))
                    self.problems.append(
                        column.error(f"it implements {interface!r}, which is no declared interface{hint}")
                    )
                continue
            chosen = self._chosen(node, offered)
            if chosen is not None:
                self._check_provider(node, chosen)
                node.column = chosen

    def _chosen(self, node: Node, offered: Mapping[str, AnyColumn]) -> AnyColumn | None:
        by_pattern = (v for k, v in self.choices.items() if v in offered and fnmatchcase(node.name, k))
        choice = self.choices.get(node.name) or next(by_pattern, None)
        if choice is not None:
            if choice in offered:
                return offered[choice]
            have = ", ".join(sorted(offered))
            self.problems.append(
                node.interface.error(f"the settings choose provider {choice!r}, but there is only: {have}")
            )
            return None
        offered = {name: column for name, column in offered.items() if not column.on_request}
        if len(offered) > 1:
            both = ", ".join(f"{name} ({column.where})" for name, column in sorted(offered.items()))
            self.problems.append(node.interface.error(f"several providers, choose one under [columns]: {both}"))
            return None
        return next(iter(offered.values()), None)

    def _check_provider(self, node: Node, column: AnyColumn) -> None:
        if column.type != node.interface.type:
            self.problems.append(column.error(f"{node.name!r} is {_type(node.interface)}, not {_type(column)}"))
        if column.scope != node.interface.scope:
            self.problems.append(column.error(f"{node.name!r} has {node.interface.scope} scope, not {column.scope}"))

    def _resolve(self, node: Node) -> None:
        column = node.column
        if column.kind == "hit" and column.keys[0] not in FIELDS:
            self.problems.append(
                column.error(f"a hit has no field {column.keys[0]!r}{did_you_mean(column.keys[0], FIELDS)}")
            )
        elif column.kind == "hit" and FIELDS[column.keys[0]][0] != column.type:
            self.problems.append(
                column.error(f"the hit's {column.keys[0]} is {FIELDS[column.keys[0]][0]}, not {_type(column)}")
            )
        for needed in column.inputs:
            source = self._source(column, needed)
            if source is None:
                continue
            problem = _misfit(column, needed, source)
            if problem:
                self.problems.append(column.error(f"input {needed.argument!r}: {problem}"))
            node.inputs.append((needed, source))

    def _switch_boundaries(self) -> None:
        boundaries = {node.name: node for node in self.nodes.values() if node.scope == "boundary"}
        for node in boundaries.values():
            node.default = self.switches.get(node.name, node.column.default)
        for name in self.switches:
            if name not in boundaries:
                near = did_you_mean(name, boundaries)
                self.problems.append(Misconfigured(f"protocol family {self.family!r}: no boundary {name!r}{near}"))

    def _source(self, column: AnyColumn, needed: Input) -> Node | None:
        if needed.provider is not None:
            offered = self.providers.get(needed.source, {})
            if needed.provider in offered:
                name = f"{needed.source}@{needed.provider}"
                if name not in self.nodes:
                    self.nodes[name] = Node(name, offered[needed.provider], offered[needed.provider])
                    self._resolve(self.nodes[name])
                return self.nodes[name]
            self.problems.append(column.error(f"{needed.source!r} has no provider {needed.provider!r}"))
            return None
        node = self.nodes.get(needed.source)
        if node is None:
            where = " for this protocol" if needed.source in self.known else ""
            self.problems.append(
                column.error(f"no column {needed.source!r}{where}{did_you_mean(needed.source, self.nodes)}")
            )
        return node

    def _sorted(self) -> list[Node] | None:
        place = {id(node): i for i, node in enumerate(self.nodes.values())}
        sorter = TopologicalSorter({node: [source for _, source in node.inputs] for node in self.nodes.values()})
        try:
            sorter.prepare()
        except CycleError as error:
            names = " -> ".join(node.name for node in reversed(error.args[1]))
            self.problems.append(error.args[1][0].column.error(f"its inputs lead back to itself: {names}"))
            return None
        order: list[Node] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=lambda node: place[id(node)])
            order.extend(ready)
            sorter.done(*ready)
        return order

    def _mark_late(self, node: Node) -> None:
        if node.scope == "boundary":
            return
        node.late = (
            node.scope == "session"
            or any(needed.events for needed, _ in node.inputs)
            or any(source.late for _, source in node.inputs)
        )

    def _check_early(self, graph: Graph) -> None:
        for node in [*graph.boundaries, *graph.early]:
            late = next((source for _, source in node.inputs if source.late), None)
            if late is not None:
                what = "a boundary" if node.scope == "boundary" else "needed before the split"
                self.problems.append(
                    node.column.error(f"it is {what} and cannot depend on {late.name!r}, which needs sessions")
                )
            elif node.late:
                self.problems.append(node.column.error("it is needed before the split and cannot take Events"))


def provider_of(column: AnyColumn) -> str:
    """What the settings call a provider: the name it was given, or else its own."""
    return column.provider or column.name


def _misfit(column: AnyColumn, needed: Input, source: Node) -> str:
    wanted, given = needed.type, source.interface.type
    if wanted is not None and given is not None and wanted != given:
        return f"{source.name} is {type_name(given)}, not {type_name(wanted)}"
    if given is None and wanted is not None:
        return f"{source.name} is a resource, not {type_name(wanted)}"
    if wanted is None and given is not None:
        return f"it needs a column type as its annotation: {source.name} is {type_name(given)}"
    if source.scope == "boundary":
        return f"{source.name} is a boundary and has no value"
    if column.scope == "session" and source.scope == "event" and not needed.events:
        return f"a session column sees the event column {source.name} as Events[...]"
    if needed.events and source.scope == "session":
        return f"{source.name} is a session column: take it without Events[...]"
    if needed.first and column.scope != "boundary":
        return "only a boundary may take First[...]"
    if column.scope == "boundary" and source.scope == "event" and not (needed.events or needed.first):
        return f"a boundary sees the event column {source.name} as Events[...] or First[...]"
    return _other_version(needed, source.column)


def _other_version(needed: Input, column: AnyColumn) -> str:
    """What is wrong with the version of the column that fills an input. An interface that nobody fills has none."""
    if needed.version in (None, column.version) or column.kind == "interface":
        return ""
    found = f"its provider {provider_of(column)!r}" if column.implements else "it"
    return f"it needs version {needed.version} of {needed.source}, and {found} ({column.where}) is {column.version}"


def _ancestors(nodes: Iterable[Node]) -> set[int]:
    seen: set[int] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            waiting.extend(source for _, source in node.inputs)
    return seen


def _type(column: Column[..., Any]) -> str:
    return type_name(column.type) if isinstance(column.type, pa.DataType) else "a resource"
