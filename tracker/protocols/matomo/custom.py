"""What sites measure of their own: custom dimensions, by the number of their slot, and custom variables, by name."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa

from tracker.columns import Events, Int64, NamedValues, String, event, list_of, lists, ops, param, session, struct_of
from tracker.columns.types import arrow_type
from tracker.columns.words import params
from tracker.protocols.matomo.columns import MATOMO
from tracker.protocols.matomo.json_values import decoded, read, text_of

MAX_DIMENSION: Final = 250
"""Characters of a custom dimension."""
MAX_VARIABLE: Final = 200
"""Characters of a custom variable's name, and of its value."""
Dimension = struct_of(slot=Int64, value=String)
DimensionList = Annotated[pa.ListArray, list_of(Dimension)]

matomo_dimensions = params("dimension", protocol=MATOMO, doc="dimension1 to dimension999.")
matomo_page_variables = param("cvar", type=String, protocol=MATOMO, doc="Custom variables of the page, as JSON.")
matomo_visit_variables = param("_cvar", type=String, protocol=MATOMO, doc="Custom variables of the visit, as JSON.")
matomo_event_variables = param("e_cvar", type=String, protocol=MATOMO, doc="Custom variables of the event, as JSON.")


@event(protocol=MATOMO)
def custom_dimensions(matomo_dimensions: NamedValues) -> DimensionList:
    """Custom dimensions sent with the event, by slot. Values have at most 250 characters; empty ones are left out."""
    sent = lists.members(matomo_dimensions)
    if not len(sent):
        return lists.lists_of(Events(pa.nulls(0, Dimension), sent.offsets))
    name = ops.field(sent.values, "name")
    value = ops.first_characters(ops.strip(ops.field(sent.values, "value")), MAX_DIMENSION)
    is_sent = ops.both(ops.matches(name, "^[1-9][0-9]{0,2}$"), ops.negate(ops.is_in(value, ["", "undefined"])))
    found = Events[Any](lists.struct(slot=ops.as_int(name), value=value), sent.offsets)
    kept = found.where(Events(is_sent, sent.offsets))
    return lists.lists_of(lists.in_order(kept, ops.field(kept.values, "slot")))


@session(protocol=MATOMO)
def session_custom_dimensions(custom_dimensions: Events[DimensionList]) -> DimensionList:
    """The last value in the session of each custom dimension, by slot."""
    sent = _of_sessions(lists.members(custom_dimensions.values), custom_dimensions)
    last = lists.last_of_each(sent, ops.field(sent.values, "slot"))
    return lists.lists_of(lists.in_order(last, ops.field(last.values, "slot")))


@event(protocol=MATOMO)
def custom_variables(matomo_page_variables: String, matomo_event_variables: String, name: String) -> NamedValues:
    """Custom variables of the page by slot, then those of a custom event. Names and values have at most 200
    characters.
    """
    of_event = ops.only_where(ops.equal(name, "custom_event"), matomo_event_variables)
    return lists.lists_of(_joined(_variables(matomo_page_variables), _variables(of_event)))


@session(protocol=MATOMO)
def session_custom_variables(matomo_visit_variables: Events[String]) -> NamedValues:
    """The last value in the session of each custom variable of the visit, by name."""
    sent = _of_sessions(_variables(matomo_visit_variables.values), matomo_visit_variables)
    last = lists.last_of_each(sent, ops.field(sent.values, "name"))
    return lists.lists_of(lists.in_order(last, _ranks(ops.field(last.values, "name"))))


def variables_of(sent: str) -> list[tuple[str, str]]:
    """Name and value of each pair in a JSON object `{"1": ["name", "value"]}`, by slot.

    Whatever has another shape is left out: some clients send other objects, and some the text of no JSON at all.
    """
    content = decoded(sent)
    slots = sorted(content.items(), key=_slot) if isinstance(content, dict) else []
    pairs = (tuple(map(_cut, pair)) for _, pair in slots if isinstance(pair, list) and len(pair) == 2)
    return [(name, value) for name, value in pairs if name and value is not None]


def _slot(sent: tuple[str, object]) -> tuple[bool, int, str]:
    """Slots with a number by it, the others behind them."""
    slot = sent[0]
    is_number = slot.isascii() and slot.isdigit() and len(slot) < 19
    return not is_number, int(slot) if is_number else 0, slot


def _cut(value: object) -> str | None:
    text = text_of(value)
    return None if text is None else text.strip()[:MAX_VARIABLE]


def _variables(sent: Any) -> Events[Any]:
    return lists.members(read(sent, variables_of, arrow_type(NamedValues)))


def _of_sessions(sent: Events[Any], events: Events[Any]) -> Events[Any]:
    """What the events of each session sent, one run per session; `sent` has one per event."""
    return Events(sent.values, sent.offsets[events.offsets])


def _joined(first: Events[Any], second: Events[Any]) -> Events[Any]:
    """Each run of `first` with that of `second` behind it."""
    order = np.argsort(np.concatenate((first.run_of, second.run_of)), kind="stable")
    values = pa.concat_arrays([first.values, second.values])
    return Events(ops.take(values, order), first.offsets + second.offsets)


def _ranks(texts: Any) -> Any:
    """A number for each text, in the order of the texts."""
    encoded = texts.dictionary_encode()
    distinct: Sequence[str] = encoded.dictionary.to_pylist()
    rank = np.empty(len(distinct), np.int64)
    rank[sorted(range(len(distinct)), key=distinct.__getitem__)] = np.arange(len(distinct))
    return pa.array(rank[np.asarray(encoded.indices)], pa.int64())
