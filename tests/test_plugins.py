"""Plugins from outside the package: found in every place, checked at start-up, and used from request to table."""

import importlib
import sys
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
import structlog

from tracker import app, plugins
from tracker.config import Settings, SqlSettings
from tracker.config.load import load
from tracker.errors import Problems
from tracker.metrics import new_metrics
from tracker.model import Cursor, Hit
from tracker.plugins import Registry
from tracker.testing import make_request
from tracker.testing.rows import compute_batch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.layout import Layout
from tracker.warehouse.queries import open_offline
from tracker.warehouse.writer import Writer

EXAMPLES = Path(__file__).parent / "plugins"
HOOK = "from tracker.hookspecs import hookimpl\n\n"
COLUMNS = "from tracker.columns import *\n\n"


def settings() -> Settings:
    """Those of the example settings file, wherever the tests are started."""
    return load(
        file=EXAMPLES / "tracker.toml", environ={}, overrides={"plugins_dir": EXAMPLES, "data": "data"}
    ).settings


def loaded(folder: Path, **files: str) -> Registry:
    """A plugins folder with `files`, loaded beside the built-ins."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(f'"""A plugin."""\n{text}')
    return plugins.load(folder, entry_points=False)


def refusals(folder: Path, **files: str) -> list[str]:
    """Everything that is wrong with `files`."""
    with pytest.raises(Problems) as caught:
        loaded(folder, **files)
    return [str(problem) for problem in caught.value.problems]


def test_examples_from_a_folder() -> None:
    """A folder of plugin files brings a protocol, columns and a driver."""
    found = app.registry(settings())
    assert "acme" in [protocol.name for protocol in found.protocols]
    assert "sqlite" in found.drivers
    assert {"is_deep_scroll", "acme_coupon", "params_plan"} <= {column.name for column in found.columns}


def test_examples_from_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package brings its columns through the entry-point group `tracker`."""
    project = tomllib.loads((EXAMPLES / "package" / "pyproject.toml").read_text())["project"]
    points = "".join(f"{name} = {value}\n" for name, value in project["entry-points"]["tracker"].items())
    install(tmp_path, project["name"], points)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES / "package")
    try:
        found = plugins.load()
    finally:
        sys.modules.pop("tracker_scroll", None)
    assert "is_packaged_deep_scroll" in {column.name for column in found.columns}


def test_entry_point_without_a_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed module of columns needs no hook either."""
    install(tmp_path, "plain", "plain = plain_columns_of_ours\n")
    text = COLUMNS + "@event\ndef plain_column(page_path: String) -> String:\n    return page_path"
    (tmp_path / "plain_columns_of_ours.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert "plain_column" in {column.name for column in plugins.load().columns}


def test_entry_point_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installed plugin is named, not a traceback."""
    install(tmp_path, "broken", "broken = no_such_module_of_ours\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Problems, match=r"plugin broken: it cannot be imported: ModuleNotFoundError"):
        plugins.load()


def install(folder: Path, name: str, entry_points: str) -> None:
    """What an installer leaves behind of a package, as far as entry points go."""
    made = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text(f"[tracker]\n{entry_points}")
    importlib.invalidate_caches()


def test_missing_folder(tmp_path: Path) -> None:
    """A plugins folder that is not there is said to be missing."""
    with pytest.raises(Problems, match=r"the plugins folder .*nowhere does not exist"):
        plugins.load(tmp_path / "nowhere", entry_points=False)


def test_files_beginning_with_an_underscore(tmp_path: Path) -> None:
    """They are no plugins: a plugin may keep what it shares in them."""
    loaded(tmp_path, _shared="raise RuntimeError")


PROTOCOL = """\
from tracker.protocols.base import TrackingProtocol

class Toy(TrackingProtocol):
    name, family, paths = "toy", "toy", ("/toy",)
    def hits(self, request, properties): return iter(())
    def parameters(self, hits): ...
    def reply(self, request, result): ...
"""

MISTAKES = {
    "class instead of instance": (
        HOOK + PROTOCOL + "@hookimpl\ndef tracker_protocols():\n    return [Toy]",
        "plugin bad.py: tracker_protocols returned the class Toy; return an instance: Toy()",
    ),
    "instance instead of class": (
        HOOK + "@hookimpl\ndef tracker_drivers():\n    return ['duckdb']",
        "plugin bad.py: tracker_drivers returned 'duckdb', which is no subclass of Driver",
    ),
    "neither module nor column": (
        HOOK + "@hookimpl\ndef tracker_columns():\n    return [3]",
        "plugin bad.py: tracker_columns returned 3; return modules or columns",
    ),
    "missing hookimpl": (
        "def tracker_columns():\n    return []",
        "plugin bad.py: tracker_columns lacks the @hookimpl mark (from tracker.hookspecs import hookimpl)",
    ),
    "unknown hook": (
        HOOK + "@hookimpl\ndef tracker_collumns():\n    return []",
        "plugin bad.py: tracker_collumns is no hook (did you mean 'tracker_columns'?); "
        "the hooks are tracker_protocols, tracker_columns, tracker_drivers",
    ),
    "nothing in it": (
        "x = 1",
        "plugin bad.py: it has neither a column nor a hook; the hooks are tracker_protocols, tracker_columns, "
        "tracker_drivers",
    ),
    "protocol without a name": (
        HOOK + PROTOCOL.replace('"toy", "toy"', '"", ""') + "@hookimpl\ndef tracker_protocols():\n    return [Toy()]",
        "plugin bad.py: protocol Toy lacks name, family",
    ),
    "path without a slash": (
        HOOK + PROTOCOL.replace("/toy", "toy") + "@hookimpl\ndef tracker_protocols():\n    return [Toy()]",
        "plugin bad.py: protocol Toy: path 'toy' must begin with a slash",
    ),
    "path of another protocol": (
        HOOK + PROTOCOL.replace("/toy", "/g/collect") + "@hookimpl\ndef tracker_protocols():\n    return [Toy()]",
        "the protocols 'ga4_gtag' and 'toy' both want the path '/g/collect'; leave one of them out",
    ),
    "driver without methods": (
        HOOK + "from tracker.warehouse.driver import Driver\n"
        "class Half(Driver):\n    name = 'half'\n    def open(self): ...\n    def close(self): ...\n"
        "@hookimpl\ndef tracker_drivers():\n    return [Half]",
        "plugin bad.py: driver Half lacks append, create, cursor, describe, widen",
    ),
    "import error": (
        "import no_such_module_of_ours",
        "plugin bad.py: it cannot be imported: ModuleNotFoundError: No module named 'no_such_module_of_ours'",
    ),
    "hook that raises": (
        HOOK + "@hookimpl\ndef tracker_columns():\n    return 1 / 0",
        "plugin bad.py: tracker_columns failed: ZeroDivisionError: division by zero",
    ),
    "hook with a wrong argument": (HOOK + "@hookimpl\ndef tracker_columns(app):\n    return []", "{'app'}"),
    "duplicate column": (
        COLUMNS + "@event\ndef page_path(name: String) -> String:\n    return name",
        "column 'page_path' (bad.py:4): the name is taken by pages.py:",
    ),
    "unknown input": (
        COLUMNS + "@event\ndef odd(page_pth: String) -> String:\n    return page_pth",
        "column 'odd' (bad.py:4): no column 'page_pth' (did you mean 'page_path'?)",
    ),
    "wrong type": (
        COLUMNS + "@event\ndef odd(page_path: Int64) -> Int64:\n    return page_path",
        "column 'odd' (bad.py:4): input 'page_path': page_path is string, not int64",
    ),
    "wrong scope": (
        COLUMNS + "@session\ndef odd(page_path: String) -> String:\n    return page_path",
        "column 'odd' (bad.py:4): input 'page_path': a session column sees the event column page_path as Events[...]",
    ),
    "session column as events": (
        COLUMNS + "@session\ndef odd(session_duration: Events[Int64]) -> Int64:\n    return session_duration.first()",
        "column 'odd' (bad.py:4): input 'session_duration': session_duration is a session column: take it without",
    ),
    "cycle": (
        COLUMNS + "@event\ndef hen(egg: Bool) -> Bool:\n    return egg\n\n"
        "@event\ndef egg(hen: Bool) -> Bool:\n    return hen",
        "its inputs lead back to itself: ",
    ),
    "boundary that needs sessions": (
        COLUMNS + "@boundary\ndef odd(session_duration: Int64) -> Bool:\n    return session_duration",
        "column 'odd' (bad.py:4): it is a boundary and cannot depend on 'session_duration', which needs sessions",
    ),
    "no return annotation": (
        COLUMNS + "@event\ndef odd(page_path: String):\n    return page_path",
        "column 'odd' (bad.py:4): it needs a return annotation: the column's type",
    ),
    "name that cannot be stored": (
        COLUMNS + "@event\ndef isOdd(page_path: String) -> String:\n    return page_path",
        "column 'isOdd' (bad.py:4): a stored column's name is lower-case letters, digits and _",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_named(tmp_path: Path, mistake: str) -> None:
    """Start-up names the plugin, the hook or definition, and what is wrong with it."""
    text, sentence = MISTAKES[mistake]
    assert any(sentence in refusal for refusal in refusals(tmp_path, bad=text))


def test_all_problems_at_once(tmp_path: Path) -> None:
    """One bad plugin does not hide what is wrong with the next."""
    wrong = ("import error", "missing hookimpl", "class instead of instance", "unknown input")
    files = {f"bad{number}": MISTAKES[mistake][0] for number, mistake in enumerate(wrong)}
    found = "\n".join(refusals(tmp_path, **files))
    assert [f"bad{number}.py" in found for number in range(len(wrong))] == [True] * len(wrong)


def test_several_providers_need_a_choice(tmp_path: Path) -> None:
    """Two providers of one column are refused until the settings choose."""
    (problem,) = refusals(tmp_path, journey=(EXAMPLES / "journey.py").read_text())
    assert "several providers, choose one under [columns]: currency (journey.py:" in problem


def test_a_plugin_may_be_called_like_its_columns(tmp_path: Path) -> None:
    """A column whose name begins like a hook's is no unmarked hook."""
    text = COLUMNS + "@event\ndef tracker_page(page_path: String) -> String:\n    return page_path"
    assert "tracker_page" in {column.name for column in loaded(tmp_path, fine=text).columns}


def test_column_settings() -> None:
    """`[columns.NAME]` changes a column's own setting, and a property may differ."""
    chosen = settings()
    found = app.registry(chosen)
    known = app.properties(chosen, found)
    assert found.column_settings["is_deep_scroll"] == {"threshold": 80}
    assert known.always("G-BLOG").columns["is_deep_scroll"] == {"threshold": 50}


def test_unknown_column_setting() -> None:
    """A setting that the column lacks is refused, with the nearest one."""
    with pytest.raises(Problems, match=r"columns.is_deep_scroll.treshold: .*did you mean 'threshold'"):
        plugins.load(EXAMPLES, {"visitor_region": "language", "is_deep_scroll": {"treshold": 1}}, entry_points=False)


def test_from_request_to_table(tmp_path: Path) -> None:
    """What a plugin protocol receives is a row of the built-in warehouse, plugin columns included."""
    rows = written(
        tmp_path,
        ["look&page=https://shop.example/shoes", "buy&page=https://shop.example/cart&total=12.50&coupon=SPRING"],
        "SELECT name, page_section, ecommerce_purchase_revenue, acme_coupon, session_total_events, tracking_protocol"
        " FROM events ORDER BY log_offset",
    )
    assert rows == [
        ("look", "/shoes", None, None, 2, "acme"),
        ("buy", "/cart", 12.5, "SPRING", 2, "acme"),
    ]


def test_the_ledger_counts_them(tmp_path: Path) -> None:
    """Hits of a plugin protocol stand in the ledger as all others do."""
    rows = written(tmp_path, ["look", "buy"], "SELECT property_id, outcome, hits FROM tracker_ledger")
    assert rows == [("shop", "written", 2)]


def written(folder: Path, events: Sequence[str], sql: str) -> list[tuple[object, ...]]:
    """Write the events of one visitor of the shop through the Acme protocol into DuckDB; answer `sql`."""
    chosen = settings()
    found = app.registry(chosen)
    known = app.properties(chosen, found)
    acme = next(protocol for protocol in found.protocols if protocol.name == "acme")
    base = "/acme/collect?site=shop&visitor=v1&key=open%20sesame&event="
    pieces = [piece for event in events for piece in acme.hits(make_request(base + event), known)]
    hits = [piece for piece in pieces if isinstance(piece, Hit)]
    batch = compute_batch(hits, chosen.model_dump())
    writer = Writer(
        "main",
        DuckDB(DuckDBSettings(), folder),
        Layout(batch.events.schema, ()),
        wait=threading.Event().wait,
        metrics=new_metrics(),
        log=structlog.get_logger(),
    )
    writer.prepare()
    writer.write(batch, Cursor("log", 0, 1, len(hits)))
    writer.close()
    with open_offline(folder / "tracker.duckdb", SqlSettings()) as queries:
        return [tuple(row.values()) for row in queries.run(sql).table.to_pylist()]
