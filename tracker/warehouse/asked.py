"""Which sink a question goes to."""

from collections.abc import Iterable, Mapping

from tracker.errors import Misconfigured, did_you_mean
from tracker.warehouse.driver import Driver


class UnknownSink(Misconfigured):
    """Nothing configured has the name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(name)
        self.name, self.known = name, sorted(known)

    def __str__(self) -> str:
        near = did_you_mean(self.name, self.known)
        return f"there is no sink {self.name!r}{near}; known: {', '.join(self.known)}"


def asked_sink(drivers: Mapping[str, type[Driver]], wanted: str | None = None) -> str:
    """The sink to ask: the one that is `wanted`, else the first DuckDB file, else the first that answers questions.

    `drivers` are those of the configured sinks. Raises `UnknownSink`, and `Misconfigured` where none answers.
    """
    able = [name for name, kind in drivers.items() if answers(kind)]
    if wanted is None:
        if not able:
            raise Misconfigured("no sink of this tracker answers questions: ask your warehouse with its own tools")
        return next((name for name in able if drivers[name].name == "duckdb"), able[0])
    if wanted not in drivers:
        raise UnknownSink(wanted, drivers)
    if wanted not in able:
        raise Misconfigured(f"sink {wanted!r} answers no questions: ask the warehouse with its own tools")
    return wanted


def answers(kind: type[Driver]) -> bool:
    """Whether a driver answers users' questions."""
    return kind.queries is not Driver.queries
