"""One run of a graph over one batch: computes each column once, in order, and keeps the values by name."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import SecretStr

from tracker.columns import arrays, ops
from tracker.columns.column import Column, Input
from tracker.columns.evaluate import Argument, Call, Failed
from tracker.columns.graph import Graph, Node
from tracker.columns.hitfields import FIELDS
from tracker.columns.parameters import Hits, Parameters
from tracker.columns.redacted import RedactedParameters

Positions = NDArray[np.int64]


class Run:
    """The values of a graph's columns over a batch.

    Before the split, values stand in the order of the hits; `arrange` puts all of them into the order of visitors and
    time (and leaves out what was de-duplicated), `cut` gives them sessions. Rows behind the last session belong to
    none.
    """

    def __init__(
        self,
        graph: Graph,
        hits: Hits,
        parameters: Parameters,
        settings_of: Callable[[str], Any],
        overrides: Callable[[str, str], Mapping[str, Any]],
        resources: Mapping[str, Any],
        failed: Failed,
    ) -> None:
        """`settings_of(property)` has the property's settings as attributes; `overrides(column, property)` its column
        settings.
        """
        self.graph, self.hits = graph, hits
        self.settings_of, self.overrides, self.resources, self.failed = settings_of, overrides, resources, failed
        self.values: dict[str, Any] = {}
        self.rows: Positions | None = None
        self.offsets = np.array([0, len(hits)], np.int64)
        self.split: dict[str, Any] = {}
        private = self.per_property(lambda own: bool(own.redact_emails))
        self.parameters = RedactedParameters(parameters, private) if private.any() else parameters

    @property
    def size(self) -> int:
        """Rows."""
        return len(self.hits) if self.rows is None else len(self.rows)

    @property
    def places(self) -> Positions:
        """For each row, its place among the hits."""
        return np.arange(len(self.hits)) if self.rows is None else self.rows

    def per_property(self, value: Callable[[Any], Any]) -> NDArray[Any]:
        """For each row, `value` of its property's settings; asked once per property."""
        encoded = self.hits.property_codes
        values = np.array([value(self.settings_of(property_id)) for property_id in encoded.dictionary.to_pylist()])
        return values[np.asarray(encoded.indices)[self.places]] if len(values) else np.empty(0, bool)

    def compute(self, nodes: list[Node]) -> None:
        """Compute `nodes`, whose inputs must stand before them."""
        for node in nodes:
            if node.name not in self.values:
                self.values[node.name] = self._filled(node, self._value(node))

    def arrange(self, rows: Positions) -> None:
        """Put rows into a new order; those not in `rows` are left out."""
        at = pa.array(rows, pa.int64())
        self.values = {
            name: value.take(at) if isinstance(value, pa.Array) else value for name, value in self.values.items()
        }
        self.rows = rows if self.rows is None else self.rows[rows]

    def cut(self, offsets: Positions, split: dict[str, Any]) -> None:
        """Cut the rows into sessions; `split` has what the split knows of each."""
        self.offsets, self.split = offsets, split

    @property
    def session_of(self) -> Positions:
        """For each row the number of its session; -1 for none."""
        of = np.full(self.size, -1, np.int64)
        of[: self.offsets[-1]] = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        return of

    def per_event(self, node: Node) -> Any:
        """A column's values on every row: session columns repeated, null on rows of no session."""
        value = self.values[node.name]
        if node.scope != "session":
            return value
        of = self.session_of
        return arrays.take(value, of, of >= 0)

    def _value(self, node: Node) -> Any:
        column = node.column
        if column.kind == "function":
            return self._called(node)
        if column.kind == "resource":
            return self.resources.get(column.keys[0])
        if column.kind == "split":
            return self.split[column.keys[0]]
        length = len(self.offsets) - 1 if node.scope == "session" else self.size
        if column.kind == "interface":
            return pa.nulls(length, column.type)
        return self._arranged(self._source(column))

    def _source(self, column: Column[..., Any]) -> Any:
        """A wire column's values, in the order of the hits."""
        key = column.keys[0] if column.keys else ""
        if column.kind == "hit":
            return FIELDS[key][1](self.hits)
        if column.kind == "header":
            return self.hits.header(key)
        if column.kind == "setting":
            return self._setting(key, column.type)
        found = (
            [value for value in (self.parameters.get(key) for key in column.keys) if value is not None]
            if column.kind == "param"
            else []
        )
        if column.kind == "params":
            return self.parameters.prefixed(key)
        if not found:
            return pa.nulls(len(self.hits), column.type)
        if column.absent is None:
            found = [ops.known_text(value) for value in found]
        return ops.typed(ops.coalesce(*found) if len(found) > 1 else found[0], column.type)

    def _arranged(self, values: Any) -> Any:
        return values if self.rows is None else values.take(pa.array(self.rows, pa.int64()))

    def _setting(self, name: str, kind: Any) -> Any:
        encoded = self.hits.property_codes
        values = [
            _plain(getattr(self.settings_of(property_id), name, None)) for property_id in encoded.dictionary.to_pylist()
        ]
        return pa.array(values, kind).take(encoded.indices)

    def _called(self, node: Node) -> Any:
        groups = self.settings_groups(node)
        if len(groups) == 1:
            return self._call(node, groups[0][0])
        result = None
        for settings, mask in groups:
            value = self._call(node, settings)
            result = value if result is None else ops.if_else(pa.array(mask[: len(value)]), value, result)
        return result

    def settings_groups(self, node: Node) -> list[tuple[Mapping[str, Any], Any]]:
        """The column's own settings, with the rows (or sessions) each variant is for; usually one variant."""
        base = dict(node.column.settings)
        if not base:
            return [({}, None)]
        ids = self._arranged(FIELDS["property_id"][1](self.hits))
        if node.scope == "session":
            ids = ids.take(pa.array(self.offsets[:-1], pa.int64()))
        variants: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        for property_id in ids.unique().to_pylist():
            changed = {**base, **self.overrides(node.column.name, property_id)}
            variants.setdefault(tuple(sorted(changed.items())), []).append(property_id)
        if not variants:
            return [({**base, **self.overrides(node.column.name, "")}, None)]
        return [(dict(k), arrays.true_mask(ops.is_in(ids, v))) for k, v in variants.items()]

    def _call(self, node: Node, settings: Mapping[str, Any]) -> Any:
        in_sessions = node.scope == "session" or any(needed.events for needed, _ in node.inputs)
        inside = int(self.offsets[-1]) if in_sessions else self.size
        column = node.column
        call = Call(
            node.name,
            column.function or _nothing,
            column.type,
            [self._argument(node, needed, source, inside) for needed, source in node.inputs],
            settings,
            self.offsets if in_sessions else np.array([0, inside], np.int64),
            per_session=node.scope == "session",
            whole=getattr(column.function, "whole_batch", False),
        )
        result = call.run(self.failed)
        if node.scope != "session" and inside < self.size:
            result = pa.concat_arrays([result, pa.nulls(self.size - inside, column.type)])
        return result

    def _argument(self, node: Node, needed: Input, source: Node, inside: int) -> Argument:
        value = self.values[source.name]
        if source.scope == "resource":
            return Argument("object", value)
        if source.scope == "session":
            if node.scope == "session":
                return Argument("session", value)
            return Argument("row", self.per_event(source).slice(0, inside))
        return Argument("run" if needed.events else "row", value.slice(0, inside))

    def _filled(self, node: Node, value: Any) -> Any:
        return _absent(value, node.interface.absent) if isinstance(value, pa.Array) else value


def _absent(value: Any, absent: Any) -> Any:
    if not value.null_count:
        return value
    if pa.types.is_list(value.type):
        return arrays.empty_for_null(value)
    return value if absent is None else value.fill_null(absent)


def _plain(value: Any) -> Any:
    """A setting as a column sees it: a list of texts is one text, joined by commas; a secret is null."""
    if any(isinstance(one, SecretStr) for one in (value if isinstance(value, tuple) else (value,))):
        return None
    return ",".join(value) if isinstance(value, tuple) else value


def _nothing(*_: Any) -> Any:
    raise TypeError("not a function")
