"""What was computed about one event, column by column: its value, where it comes from, and the values it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tracker.cli.output import plain
from tracker.columns.graph import Graph, Node
from tracker.columns.run import Run

Times = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One column, or one input of it, as it is for the event."""

    name: str
    value: Any
    """As JSON can hold it."""
    of_session: bool
    """Whether `value` is a list: one value for each event of the session, in order."""
    scope: str
    type: str
    how: str
    """What it is read from, or how it is computed and where that is written."""
    raw: Mapping[str, Any]
    """What the request holds: the values of the parameters that it is read from, as they were sent."""
    settings: Mapping[str, Any]
    """The column's own settings, as they are for the event's property."""
    doc: str
    failed: str
    """Why it could not be computed; empty where it was."""
    inputs: Sequence["Step"]
    """None where they were not asked for."""
    again: bool = False
    """Its inputs stand further up."""


class Snapshot:
    """The values of a run as they are now; the run may go on afterwards."""

    def __init__(self, run: Run, failures: Mapping[str, str]) -> None:
        """`failures` has, by column, why it could not be computed."""
        self.graph: Graph = run.graph
        self._run, self._values, self._failures = run, dict(run.values), failures
        self._places, self._offsets = run.places.tolist(), run.offsets.tolist()
        self.has_sessions = "session_id" in run.values
        self._lists: dict[tuple[str, int], Any] = {}

    @property
    def offsets(self) -> list[int]:
        """The log offset of each row."""
        offsets = self._run.hits.offsets
        return [int(offsets[place]) for place in self._places]

    def row_of(self, offset: int) -> int | None:
        """The row of the hit at an offset; None where it is none (any more)."""
        return next((row for row, one in enumerate(self.offsets) if one == offset), None)

    def session_of(self, row: int) -> range:
        """The rows of the session that `row` belongs to; none where it belongs to none."""
        for begin, end in zip(self._offsets, self._offsets[1:], strict=False):
            if begin <= row < end and self.has_sessions:
                return range(begin, end)
        return range(0)

    def has(self, name: str) -> bool:
        """Whether the column was computed."""
        return name in self._values

    def value(self, name: str, row: int) -> Any:
        """A column's value on a row, as JSON can hold it; None where it has none, or was not computed."""
        node = self.graph.nodes.get(name)
        return None if node is None or name not in self._values else self._at(node, row)

    def step(self, name: str, row: int, depth: int) -> Step:
        """A column on a row, with its inputs and theirs, so many steps back."""
        return self._step(self.graph.nodes[name], row, None, depth, set())

    def chain(self, name: str, row: int) -> list[str]:
        """A column in no table and, of its inputs that are in none either, those that have a value, and so on."""
        node = self.graph.nodes.get(name)
        if node is None or node.interface.stored or node.column.kind not in ("function", "interface"):
            return []
        if name not in self._values or self._at(node, row) in (None, False):
            return []
        inputs = (one for _, source in node.inputs for one in self.chain(source.name, row))
        return list(dict.fromkeys([name, *inputs]))

    def sent(self, row: int) -> list[tuple[str, str, list[str]]]:
        """What the payload of a row holds: parameter, value as sent, and the columns that read it."""
        readers = list(self._readers())
        parameters = self._run.parameters
        found = []
        for key in parameters.keys():  # noqa: SIM118 not a mapping
            value = self._sent(key, row)
            if value is not None:
                names = [name for name, keys, prefix in readers if key in keys or (prefix and key.startswith(prefix))]
                found.append((key, value, names))
        return found

    def _readers(self) -> Iterator[tuple[str, Sequence[str], str]]:
        for node in self.graph.order:
            if node.column.kind == "param":
                yield node.name, node.column.keys, ""
            elif node.column.kind == "params":
                yield node.name, (), node.column.keys[0]

    def _step(self, node: Node, row: int, rows: range | None, depth: int, seen: set[str]) -> Step:
        """`rows` are those of the session, where all of them are looked at."""
        of_session = rows is not None and node.scope == "event"
        again = node.name in seen and bool(node.inputs)
        seen.add(node.name)
        value = self._over(node, rows) if of_session and rows is not None else self._at(node, row)
        inputs = []
        if depth > 0 and not again:
            for needed, source in node.inputs:
                looks_round = needed.events and self.has_sessions
                within = self.session_of(row) if looks_round else rows if of_session else None
                inputs.append(self._step(source, row, within, depth - 1, seen))
        return Step(
            name=node.name,
            value=value,
            of_session=of_session,
            scope=node.scope,
            type=str(node.interface.type) if node.interface.type is not None else "resource",
            how=how(node),
            raw=self._raw(node, rows if of_session and rows is not None else [row]),
            settings=self._settings(node, row),
            doc=" ".join((node.interface.doc or node.column.doc).split()),
            failed=self._failures.get(node.name, "" if node.name in self._values else "not computed for this event"),
            inputs=inputs,
            again=again,
        )

    def _over(self, node: Node, rows: range) -> Any:
        """The values of an event column on all events of a session; kept, because many columns look at the same."""
        key = (node.name, rows.start)
        if key not in self._lists:
            values = self._values.get(node.name)
            shown = values.slice(rows.start, len(rows)).to_pylist() if isinstance(values, pa.Array) else None
            self._lists[key] = [None] * len(rows) if shown is None else plain(shown)
        return self._lists[key]

    def _at(self, node: Node, row: int) -> Any:
        value = self._values.get(node.name)
        if not isinstance(value, pa.Array):
            version = getattr(value, "version", None)
            return None if value is None else f"version {version}" if version else type(value).__name__
        if node.scope != "session":
            return plain(value[row].as_py())
        number = next(
            (n for n, begin in enumerate(self._offsets[:-1]) if begin <= row < self._offsets[n + 1]),
            None,
        )
        return None if number is None else plain(value[number].as_py())

    def _raw(self, node: Node, rows: Sequence[int]) -> Mapping[str, Any]:
        if node.column.kind != "param":
            return {}
        found = {}
        for key in node.column.keys:
            sent = [self._sent(key, row) for row in rows]
            if any(value is not None for value in sent):
                found[key] = sent if len(rows) > 1 else sent[0]
        return found

    def _sent(self, key: str, row: int) -> Any:
        values = self._run.parameters.get(key)
        return None if values is None else values[self._places[row]].as_py()

    def _settings(self, node: Node, row: int) -> Mapping[str, Any]:
        if not node.column.settings:
            return {}
        property_id = self._run.hits.property_ids[self._places[row]]
        return {**node.column.settings, **self._run.overrides(node.name, property_id)}


def how(node: Node) -> str:
    """What a column is read from, or how it is computed and where that is written."""
    column = node.column
    names = ", ".join(column.keys)
    wire = {
        "param": f"parameter {names}",
        "params": f"parameters {names}*",
        "hit": f"hit field {names}",
        "header": f"header {names}",
        "setting": f"setting {names}",
        "resource": f"resource {names}",
        "split": "decided by the split",
        "interface": "filled by no provider",
    }.get(column.kind)
    if wire:
        return wire
    of = f"{column.protocol}'s " if column.protocol else ""
    provider = f", provider {column.provider}" if column.provider else ""
    return f"{of}{column.where}{provider}"
