"""Writes the pages, and parts of them, that are made from the code: `python docs/generate.py`. A test compares them."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from inspect import getdoc, signature
from pathlib import Path
from typing import Any

from prometheus_client import Metric

from tracker import hookspecs, plugins
from tracker.config.load import settings_reference
from tracker.config.reference import driver_reference
from tracker.metrics import new_metrics
from tracker.plugins import HOOKS, Registry

DOCS = Path(__file__).parent


def columns_page() -> str:
    """`docs/reference/columns.md`."""
    found = plugins.load(entry_points=False)
    return "\n".join(
        [
            "# Columns",
            "",
            "Made from the columns themselves; change them there. `tracker columns NAME` explains one down to request",
            "parameters. A session column stands on every row of its session.",
            "",
            *_stored(found),
            *_boundaries(found),
            *_intermediate(found),
        ]
    )


def metrics_page() -> str:
    """`docs/reference/metrics.md`."""
    rows = [
        [f"`{_exposed(metric)}`", metric.type, ", ".join(f"`{label}`" for label in labels), metric.documentation]
        for metric, labels in _metrics()
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "Made from `tracker/metrics.py`; change them there. All are at `/metrics` of the admin port, receivers and",
            "worker together. Counters end in `_total`; a histogram `NAME` has `NAME_bucket`, `NAME_sum` and",
            "`NAME_count`.",
            "",
            *_table(["metric", "kind", "labels", "meaning"], rows),
        ]
    )


def hooks_page() -> str:
    """`docs/reference/hooks.md`."""
    parts = [
        "# Hooks",
        "",
        "Made from `tracker/hookspecs.py`; change them there.",
        "",
        *(getdoc(hookspecs) or "").splitlines(),
        "",
    ]
    for name in HOOKS:
        hook = getattr(hookspecs, name)
        returned = str(signature(hook).return_annotation)
        parts += [f"## `{name}() -> {returned}`", "", *(getdoc(hook) or "").splitlines(), "", _SHOWN[name], ""]
    return "\n".join(parts)


def settings_page() -> str:
    """`docs/settings.md`, with the settings of built-in protocols and drivers."""
    found = plugins.load(entry_points=False)
    return settings_reference(
        found.property_settings, {name: driver.Settings for name, driver in found.drivers.items()}
    )


def warehouse_page(driver: str) -> str:
    """The page of a warehouse as it is, with the table of its driver's options between the marks for it."""
    table = driver_reference(plugins.load(entry_points=False).drivers[driver].Settings)
    return _OPTIONS.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", (DOCS / f"{driver}.md").read_text())


_OPTIONS = re.compile(r"(<!-- options -->\n).*?(<!-- end of options -->\n)", re.DOTALL)

PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "reference/columns.md": columns_page,
    "reference/metrics.md": metrics_page,
    "reference/hooks.md": hooks_page,
    "duckdb.md": partial(warehouse_page, "duckdb"),
    "clickhouse.md": partial(warehouse_page, "clickhouse"),
}
"""Every page with something generated, by its place in `docs`."""

_SHOWN = {
    "tracker_protocols": "Shown in [writing a protocol](../writing-a-protocol.md).",
    "tracker_columns": "Shown in [writing a column](../writing-a-column.md). A file of columns needs no hook.",
    "tracker_drivers": "Shown in [writing a driver](../writing-a-driver.md).",
}


def _stored(found: Registry) -> Iterator[str]:
    modules: dict[str, list[Any]] = {}
    for column in found.columns:
        if column.stored and column.implements is None and column.scope != "boundary":
            modules.setdefault(column.module, []).append(column)
    for module, columns in modules.items():
        lines = (sys.modules[module].__doc__ or "").splitlines()
        yield from [f"## {_title(module)}", "", *lines, ""] if lines else [f"## {_title(module)}", ""]
        rows = [[f"`{c.name}`", f"`{c.type}`", c.scope, _filled_by(c, found), _line(c.doc)] for c in columns]
        yield from _table(["column", "type", "scope", "filled by", "meaning"], rows)


def _boundaries(found: Registry) -> Iterator[str]:
    columns = sorted((c for c in found.columns if c.scope == "boundary"), key=lambda c: (c.order, c.name))
    yield from ["## Session boundaries", "", "In the order in which they are asked; switched under", ""]
    yield from ["`[properties.ID] boundaries`. The first to cut is the `session_split_cause`.", ""]
    rows = [[f"`{c.name}`", str(c.order), c.protocol or "all", _line(c.doc)] for c in columns]
    yield from _table(["boundary", "order", "protocols", "starts a new session where"], rows)


def _intermediate(found: Registry) -> Iterator[str]:
    columns = [c for c in found.columns if not c.stored and c.implements is None and c.scope != "boundary"]
    yield from ["## Intermediate columns", "", "In no table; inputs for other columns.", ""]
    rows = [
        [f"`{c.name}`", f"`{c.type}`", c.protocol or "all", _line(c.doc)]
        for c in sorted(columns, key=lambda c: str(c.name))
    ]
    yield from _table(["column", "type", "protocols", "meaning"], rows)


def _filled_by(column: Any, found: Registry) -> str:
    if column.kind != "interface":
        return str(column.protocol or "all")
    return ", ".join(sorted({c.protocol or "all" for c in found.columns if c.implements == column.name})) or "plugins"


def _metrics() -> Iterator[tuple[Metric, Sequence[str]]]:
    """Each metric with the names of its labels, which an unused metric does not expose."""
    metrics = new_metrics()
    for name in metrics.__dataclass_fields__:
        if name != "registry":
            value = getattr(metrics, name)
            yield next(iter(value.describe())), value._labelnames


def _exposed(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def _title(module: str) -> str:
    return module.rpartition(".")[2].replace("_", " ").capitalize() if ".core." in module else _protocol_title(module)


def _protocol_title(module: str) -> str:
    if not module.startswith("tracker.protocols."):
        return module
    protocol, idea = module.split(".")[-2:]
    return f"Only {protocol}" if idea == "columns" else f"Only {protocol}: {idea.replace('_', ' ')}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)] + [""]


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for page, made in PAGES.items():
        path = DOCS / page
        path.parent.mkdir(exist_ok=True)
        path.write_text(made())
