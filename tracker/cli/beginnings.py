"""Why a session begins where it does: the boundary that cut it off, and the rule that tells where it came from."""

from typing import Any

from tracker.cli.reasons import CLOSINGS, Beginning
from tracker.cli.values import Snapshot, how
from tracker.columns.core.traffic_rules import RULES


def beginning(late: Snapshot, row: int) -> Beginning | None:
    """The session of a row, and why it begins there; None where the row belongs to none."""
    rows = late.session_of(row)
    if not rows:
        return None
    cause, rule = late.value("session_split_cause", row), late.value("session_source_rule", row)
    doc, inputs = _split(late, cause, rows[0])
    tells = (n for n, one in enumerate(rows) if late.value("carries_traffic", one))
    return Beginning(
        session_id=late.value("session_id", row),
        events=len(rows),
        number=row - rows[0],
        joined_by=late.value("session_joined_by", row),
        clients=list(dict.fromkeys(late.value("client_id", one) for one in rows)),
        split_cause=cause,
        split_doc=doc,
        split_inputs=inputs,
        source_rule=rule,
        source_doc=next((" ".join((one.__doc__ or "").split()) for one in RULES if one.__name__ == rule), ""),
        source_event=next(tells, None) if rule else None,
    )


def _split(late: Snapshot, cause: str | None, first: int) -> tuple[str, list[tuple[str, list[Any], Any]]]:
    """What cut the session off: the boundary's documentation, and what it saw."""
    node = next((one for one in late.graph.boundaries if one.name == cause), None)
    if node is None:
        words = CLOSINGS.get(cause or "", "")
        return (f"The protosession before was closed early: {words}." if words else ""), []
    before = late.session_of(first - 1) if first else range(0)
    inputs = [
        (source.name, [late.value(source.name, one) for one in before], late.value(source.name, first))
        for source in dict.fromkeys(source for _, source in node.inputs)
    ]
    return f"{' '.join(node.column.doc.split())} ({how(node)})", inputs
