"""An explanation of one event as text for people and as JSON for programs."""

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker.cli.output import plain
from tracker.cli.reasons import CLOSINGS, MEANINGS, Beginning, Value, Why
from tracker.cli.values import Step

WIDEST = 60
"""Characters of a value in a table."""
_NOTHING: tuple[Any, ...] = (None, [], False, 0, "")
_COLOURS = {"written": "green", "open": "yellow", "planned": "yellow", "dead": "red", "missing": "red"}
Facts = Iterator[tuple[str, str]]


def as_json(why: Why) -> str:
    """One object, with every column. Times are ISO 8601 in UTC."""
    hit = why.hit
    value = {
        "id": _uuid(hit.id),
        "log_partition": why.place.partition,
        "log_offset": why.place.offset,
        "name": why.name,
        "outcome": why.outcome,
        "reason": why.reason,
        "open_until": _time(why.until),
        "repeats": why.repeats and {"log_partition": why.repeats.partition, "log_offset": why.repeats.offset},
        "hit": {
            "received_at": _time(hit.received_at),
            "event_time": _time(hit.event_time),
            "event_time_refused": hit.event_time_refused,
            "protocol": hit.protocol,
            "family": hit.family,
            "property_id": hit.property_id,
            "client_id": hit.client_id,
            "user_id": hit.user_id,
            "is_cookieless": hit.is_cookieless,
            "ip_address": hit.ip or None,
            "method": hit.method,
            "host": hit.host,
            "path": hit.path,
            "headers": dict(hit.headers),
        },
        "parameters": [{"name": name, "value": sent, "read_by": readers} for name, sent, readers in why.sent],
        "protosession": {
            **asdict(why.grouping),
            "first_received_at": _time(why.grouping.first_received_at),
            "last_received_at": _time(why.grouping.last_received_at),
            "log_time": _time(why.grouping.log_time),
        },
        "session": why.beginning and asdict(why.beginning),
        "columns": [_column(one, why.is_stored) for one in why.values],
        "notes": list(why.notes),
    }
    return orjson.dumps(plain(value), option=orjson.OPT_INDENT_2).decode() + "\n"


def print_text(why: Why, *, all: bool, trees: bool, console: Console | None = None) -> None:
    """For a terminal. `trees` shows each column's inputs down to their ends; `all` leaves nothing out."""
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    colour = _COLOURS.get(why.outcome, "cyan")
    console.print(f"[bold]{escape(why.name or 'event')}[/] {_uuid(why.hit.id)} at {why.place}")
    console.print(f"[{colour}]{escape(_ended(why))}[/]")
    for title, facts in (("How it came in", _received(why)), ("What it belongs to", _grouped(why))):
        _section(console, title, facts)
    if all:
        _parameters(console, why)
    if trees:
        for one in why.values:
            console.print()
            for line in _tree(one, is_stored=why.is_stored):
                console.print(escape(line), soft_wrap=True)
    else:
        _values(console, why, all)
    for note in why.notes:
        console.print(f"\nNote: {escape(note)}.", soft_wrap=True)


def _column(one: Value, is_stored: bool) -> dict[str, Any]:
    stored = {"stored": one.stored, "differs": one.differs} if is_stored else {}
    return {**_inputs(one.step), **stored}


def _inputs(step: Step) -> dict[str, Any]:
    fields = {field: getattr(step, field) for field in step.__dataclass_fields__ if field not in ("inputs", "again")}
    return {**fields, "inputs": [_inputs(one) for one in step.inputs]}


def _ended(why: Why) -> str:
    reason = f" ({why.reason})" if why.reason else ""
    more = f", until {_time(why.until)} if nothing more comes" if why.until else ""
    repeats = f" at {why.repeats}" if why.repeats else ""
    return f"{why.outcome}{reason}: {MEANINGS[why.outcome]}{repeats}{more}"


def _received(why: Why) -> Facts:
    hit = why.hit
    yield "received", f"{_time(hit.received_at)} from {hit.ip or 'an address that is not kept'}"
    yield "request", f"{hit.method} {hit.host}{hit.path}, read by {hit.protocol} (family {hit.family})"
    user = f", user {hit.user_id}" if hit.user_id is not None else ""
    kind = " (no stored id)" if hit.is_cookieless else ""
    yield "from", f"property {hit.property_id}, client {hit.client_id}{kind}{user}"
    if hit.event_time is not None:
        yield "client's clock", _time(hit.event_time) or ""
    if hit.event_time_refused:
        yield "client's clock", f"refused: {hit.event_time_refused}"
    read = [name for name, _, readers in why.sent if readers]
    unread = [name for name, _, readers in why.sent if not readers]
    yield "parameters", ", ".join(read) or "none that a column reads"
    if unread:
        yield "no column reads", ", ".join(unread)


def _grouped(why: Why) -> Facts:
    group = why.grouping
    clients = f"{len(group.clients)} clients ({', '.join(group.clients)})" if len(group.clients) > 1 else "one client"
    span = f"{_time(group.first_received_at)} to {_time(group.last_received_at)}"
    yield "protosession", f"{group.hits} {'hit' if group.hits == 1 else 'hits'} of {clients}, received {span}"
    if group.continues:
        yield "continues", f"one that was closed early ({group.continues}): {CLOSINGS.get(group.continues, '')}"
    if group.closed_because is None:
        yield "closed", "not yet"
    else:
        yield "closed", f"{group.closed_because}: {CLOSINGS.get(group.closed_because, '')}"
        yield "plan", f"{group.plan}, made at log time {_time(group.log_time)}; its hits are in the {group.kept}"
    if why.beginning is not None:
        yield from _session(why.beginning)
    elif why.is_whole:
        yield "session", "none: no event up to this one opens a session"


def _session(session: Beginning) -> Facts:
    yield "session", f"{session.session_id}, event {session.number + 1} of {session.events}"
    if session.joined_by:
        yield "visitor", f"clients {', '.join(session.clients)} are one by their {session.joined_by.replace('_', ' ')}"
    if session.split_cause is None:
        yield "session began", "with the visitor: nothing cut it off from an earlier one"
    else:
        yield "session began", f"{session.split_cause}: {session.split_doc}"
        for name, before, first in session.split_inputs:
            yield "", f"{name}: {_short(_pressed(before))}, then {_short(first)}"
    if session.source_rule:
        told = f"; told by event {session.source_event + 1}" if session.source_event is not None else ""
        yield "source", f"rule {session.source_rule}: {session.source_doc.rstrip('.')}{told}"


def _section(console: Console, title: str, facts: Facts) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in facts:
        table.add_row(escape(name), escape(text))
    console.print(f"\n[bold]{title}[/]")
    console.print(table)


def _parameters(console: Console, why: Why) -> None:
    table = Table("parameter", "as sent", "read by", box=None, padding=(0, 2, 0, 0))
    table.columns[1].overflow = table.columns[2].overflow = "fold"
    for name, sent, readers in why.sent:
        table.add_row(escape(name), escape(sent), escape(", ".join(readers)))
    console.print("\n[bold]What was sent[/]")
    console.print(table)


def _values(console: Console, why: Why, all: bool) -> None:
    shown = [one for one in why.values if all or _is_telling(one, why.reason)]
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("column", no_wrap=True)
    table.add_column("value", max_width=WIDEST, overflow="fold")
    table.add_column("from", overflow="fold")
    for one in shown:
        table.add_row(escape(one.step.name), escape(_value(one)), escape(_from(one.step)))
    if shown:
        console.print("\n[bold]Values[/]")
        console.print(table)
    if left_out := len(why.values) - len(shown):
        console.print(f"({left_out} more are null, false, 0 or empty; --all shows them)")


def _is_telling(one: Value, reason: str) -> bool:
    is_missed = reason.endswith(f"no_{one.step.name}")
    return one.differs or bool(one.step.failed) or is_missed or one.step.value not in _NOTHING


def _value(one: Value) -> str:
    text = _short(one.step.value)
    if one.step.failed:
        text += f" (failed: {one.step.failed})"
    return f"{text} (stored: {_short(one.stored)})" if one.differs else text


def _from(step: Step) -> str:
    """How a column comes to its value, in a line."""
    inputs = "; ".join(f"{one.name} = {_many(one)}" for one in step.inputs)
    return f"{step.how}{_settings(step)}{_raw(step)}{': ' if inputs else ''}{inputs}"


def _tree(one: Value, *, is_stored: bool) -> Iterator[str]:
    step = one.step
    stored = f", stored {_short(one.stored)}" if is_stored and one.differs else ""
    yield f"{step.name} = {_many(step)}{stored}  ({step.scope} column, {step.type})"
    if step.doc:
        yield f"  {step.doc}"
    yield from _branches(step, 1)


def _branches(step: Step, depth: int) -> Iterator[str]:
    indent = "  " * depth
    failed = f", failed: {step.failed}" if step.failed else ""
    yield f"{indent}{step.how}{_settings(step)}{_raw(step)}{failed}"
    for one in step.inputs:
        yield f"{indent}{one.name} = {_many(one)}{' (see above)' if one.again else ''}"
        if not one.again:
            yield from _branches(one, depth + 1)


def _settings(step: Step) -> str:
    return f" with {', '.join(f'{name} = {_short(value)}' for name, value in step.settings.items())}" * bool(
        step.settings
    )


def _raw(step: Step) -> str:
    return "".join(f", sent {name}={_short(_pressed(value))}" for name, value in step.raw.items())


def _many(step: Step) -> str:
    return _short(_pressed(step.value)) if step.of_session else _short(step.value)


def _pressed(values: Any) -> Any:
    """Values of a session: neighbours that are equal stand once, with how often."""
    if not isinstance(values, list):
        return values
    runs: list[list[Any]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return _Runs(f"{_short(value)}{f' x{times}' * (times > 1)}" for value, times in runs)


class _Runs(tuple[str, ...]):
    """Values of a session as text already."""

    __slots__ = ()


def _short(value: Any) -> str:
    if isinstance(value, _Runs):
        text = f"[{', '.join(value)}]"
    elif isinstance(value, str):
        text = value
    else:
        text = orjson.dumps(_known(value)).decode()
    return text if len(text) <= 4 * WIDEST else f"{text[: 4 * WIDEST]}..."


def _known(value: Any) -> Any:
    """Without the members that are null: a page's URL taken apart has many."""
    if isinstance(value, dict):
        return {name: _known(member) for name, member in value.items() if member is not None}
    return [_known(one) for one in value] if isinstance(value, list) else value


def _uuid(hit_id: bytes) -> str:
    digits = hit_id.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _time(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=microseconds)  # noqa: DTZ001 said to be UTC below
    return f"{moment.isoformat(timespec='milliseconds')}Z"
