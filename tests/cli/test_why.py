"""One event is explained: how it came in, what it was grouped with, what became of it, and each of its values."""

import json
import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tracker import app
from tracker.cli import main
from tracker.clock import HOUR, SECOND
from tracker.config import Properties, PropertySettings, Settings
from tracker.metrics import new_metrics
from tracker.model import Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing import make_hit, make_request
from tracker.testing.hits import NOW
from tracker.warehouse.duckdb import DuckDB
from tracker.worker import codec
from tracker.worker.control import ControlServer, socket_path
from tracker.worker.log import Log
from tracker.worker.sink import Sink

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
BOT = {"user-agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
Visits = Sequence[tuple[str, int, str, str]]
ARCHIVED: Visits = (
    ("1.1", 0, "en=page_view", "/?gclid=A1&dr=https://www.google.com/"),
    ("1.1", 30, "en=page_view&uid=ada", "/shoes"),
    ("1.1", 60, "en=purchase&epn.value=59.5&cu=EUR&ep.transaction_id=T1", "/cart"),
    ("1.1", 60, "en=purchase&epn.value=59.5&cu=EUR&ep.transaction_id=T1", "/cart"),
    ("1.1", 90, "en=page_view&uid=bob", "/"),
)
"""Client, seconds after the first, parameters, page and what follows it."""
LOGGED: Visits = (
    ("2.2", 6 * 3600, "en=page_view", "/late"),
    ("2.2", 6 * 3600 + 5, "en=scroll", "/late"),
    ("5.5", 6 * 3600, "en=page_view&uid=zoe", "/"),
    ("6.6", 6 * 3600 + 9, "en=page_view&uid=zoe", "/cart"),
    ("7.7", 6 * 3600, "en=user_engagement", "/"),
)
PLANNED: Visits = (("3.3", 12 * 3600, "en=page_view", "/planned"),)
OPEN: Visits = (("4.4", 18 * 3600, "en=page_view", "/open"), ("4.4", 18 * 3600 + 5, "en=scroll", "/open"))
DUPLICATE, NAMELESS, CRAWLED, TICK = "0:3", "0:5", "0:6", "0:7"
LATE, SCROLL, JOINED, SLEEPING, WAITING, STILL_OPEN = "0:8", "0:9", "0:11", "0:12", "0:14", "0:16"


def hits(visits: Visits) -> list[Hit]:
    """As the GA4 protocol makes them, each a millisecond later than it says."""
    known = Properties({}, PropertySettings.model_validate({"mask_address": 1}))
    found: list[Hit] = []
    for number, (client, seconds, parameters, page) in enumerate(visits):
        location, _, rest = page.partition("&")
        query = (
            f"v=2&tid=G-SHOP&cid={client}&_p=1&_s={seconds + 1}&{parameters}&dl=https://shop.example{location}&{rest}"
        )
        at = NOW + seconds * SECOND + number * 1_000
        request = make_request(f"/g/collect?{query}&zz=odd", received_at=at, headers=BROWSER)
        found += [piece for piece in GA4Protocol().hits(request, known) if isinstance(piece, Hit)]
    return found


def oddities() -> list[Hit]:
    """A hit without a name, and one that a crawler had a Matomo tag send."""
    at = NOW + 200 * SECOND
    crawler = {"protocol": "matomo", "family": "matomo", "property_id": "1", "client_id": "c" * 16, "headers": BOT}
    return [
        make_hit("v=2", property_id="G-SHOP", client_id="9.9", received_at=at),
        make_hit("idsite=1&rec=1&url=https://shop.example/", **crawler, received_at=at + 1_000),
    ]


class Shop:
    """A data folder that a tracker has worked on."""

    more: Mapping[str, Any] = {}
    """Further settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[tuple[str, ...], dict[str, Any]] = {}
        """What was told of it, for tests that ask the same."""
        with app.opened_log(self.settings) as log:
            self.append(log, [*hits(ARCHIVED), *oddities()])
            self.work(log, 3, trims=True)
            self.append(log, hits(LOGGED))
            self.work(log, 9)
            self.append(log, hits(PLANNED))
            self.work(log, 15, writes=False)
            self.append(log, hits(OPEN))

    @property
    def settings(self) -> Settings:
        """As in a settings file."""
        return Settings.model_validate(
            {"data": self.folder, "worker": {"flush_interval": "0s"}, "defaults": {"mask_address": 1}, **self.more}
        )

    def append(self, log: Log, found: Sequence[Hit]) -> None:
        """What receivers do."""
        log.append([(0, codec.encode(hit)) for hit in found])

    def work(self, log: Log, hours: int, *, writes: bool = True, trims: bool = False) -> None:
        """What the worker does, so many hours after the first hit."""
        found, metrics, stop = app.registry(self.settings), new_metrics(), threading.Event()
        known = app.properties(self.settings, found)
        log.append_own(0, codec.tick(NOW + hours * HOUR))
        owner = app.consumer(self.settings, log, 0, known, metrics)
        while owner.step():
            pass
        if not writes:
            return
        compute = app.computer(self.settings, found, known, metrics)
        driver = app.driver(self.settings, found, "main", self.settings.warehouse.sinks["main"])
        writer = app.writer(self.settings, known, compute, metrics, stop, "main", driver)
        sink = Sink("main", log, compute, writer, 3, metrics, stop, stop)
        sink.open()
        while sink.advance(0):
            pass
        driver.close()
        if trims:
            assert owner.trim(sink.cursors[0])

    def copy(self, folder: Path) -> "Shop":
        """The same shop, to be changed."""
        shutil.copytree(self.folder, folder / "data")
        shop = Shop.__new__(Shop)
        shop.folder = folder / "data"
        return shop

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """What the tables hold."""
        with duckdb.connect(str(self.folder / "tracker.duckdb")) as file:
            found: list[tuple[Any, ...]] = file.execute(query).fetchall()
        return found


PAGE = Path(__file__).resolve().parents[2] / "docs" / "querying.md"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop; tests may read it."""
    return Shop(tmp_path_factory.mktemp("shop"))


class Asker:
    """Runs `tracker why` in this process."""

    def __init__(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        self._shop, self._capsys = shop, capsys

    def text(self, event: str, *options: str, code: int = 0) -> str:
        """What it prints."""
        with pytest.raises(SystemExit) as ended:
            main(["why", event, "--data", str(self._shop.folder), *options])
        printed = self._capsys.readouterr()
        assert (ended.value.code or 0) == code, printed.err
        return printed.err if code else printed.out

    def json(self, event: str, *options: str) -> dict[str, Any]:
        """What it says to programs."""
        known = self._shop.answers
        if (event, *options) not in known:
            known[event, *options] = json.loads(self.text(event, "--format", "json", *options))
        return known[event, *options]


@pytest.fixture
def why(shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asker:
    """Asks about the shop's events."""
    monkeypatch.chdir(tmp_path)
    return Asker(shop, capsys)


def column(found: dict[str, Any], name: str) -> dict[str, Any]:
    one: dict[str, Any] = next(column for column in found["columns"] if column["name"] == name)
    return one


def inputs(found: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in found["inputs"]}


def test_what_is_computed_again_is_what_is_stored(shop: Shop, why: Asker) -> None:
    """Of every event of the table, archived or not, every column."""
    for (offset,) in shop.sql("SELECT log_offset FROM events ORDER BY 1"):
        found = why.json(f"0:{offset}")
        assert (found["outcome"], [c["name"] for c in found["columns"] if c["differs"]], found["notes"]) == (
            "written", [], [],
        )  # fmt: skip


def test_by_id_and_by_place(shop: Shop, why: Asker) -> None:
    """The id of the row and its place in the log name the same event."""
    ((name,),) = shop.sql("SELECT id FROM events WHERE log_offset = 9")
    assert why.json(name) == why.json(SCROLL)
    assert why.json(name)["id"] == name


def test_hits_may_be_in_the_archive(why: Asker) -> None:
    """Once the log was trimmed they are read from there."""
    assert [why.json(place)["protosession"]["kept"] for place in ("0:0", LATE)] == ["archive", "log"]


def test_how_it_came_in(why: Asker) -> None:
    """Time, protocol, path, and the address as it was masked."""
    hit = why.json("0:0")["hit"]
    assert [hit[name] for name in ("received_at", "protocol", "path", "ip_address")] == [
        "2025-10-09T08:53:20.000Z", "ga4_gtag", "/g/collect", "203.0.113.0",
    ]  # fmt: skip


def test_what_was_sent(why: Asker) -> None:
    """Each parameter as it was sent, with the columns that read it."""
    sent = {one["name"]: one for one in why.json("0:0")["parameters"]}
    assert sent["dr"] == {"name": "dr", "value": "https://www.google.com/", "read_by": ["page_referrer"]}
    assert sent["zz"]["read_by"] == []


def test_the_protosession(why: Asker) -> None:
    """What it was grouped with, why that ended, and the plan that wrote it."""
    group = why.json("0:0")["protosession"]
    assert [group[name] for name in ("hits", "clients", "closed_because", "plan")] == [5, ["1.1"], "timeout", 1]


def test_the_boundary_before_a_session(why: Asker) -> None:
    """Its name, what it says of itself, and what it saw on both sides."""
    session = why.json("0:4")["session"]
    assert (session["split_cause"], session["split_inputs"]) == (
        "user_id_changed",
        [["user_id", [None, "ada", None], "bob"], ["is_consent_update", [False] * 3, False]],
    )  # fmt: skip
    assert session["split_doc"].startswith("A user id that differs from the last known one.")


def test_a_session_that_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a protosession was closed early, the one after it says why."""
    monkeypatch.chdir(tmp_path)
    shop = Shop.__new__(Shop)
    shop.folder, shop.answers, shop.more = tmp_path / "data", {}, {"sessions": {"max_hits": 2}}
    with app.opened_log(shop.settings) as log:
        shop.append(log, hits(ARCHIVED[:3]))
        shop.work(log, 3)
    told = Asker(shop, capsys).text("0:2")
    assert "one that was closed early (cap_hits): it held as many hits as one may" in told
    assert "cap_hits: The protosession before was closed early: it held as many hits as one may." in told


def test_clients_that_are_one_visitor(why: Asker) -> None:
    """What joined them, and who they are."""
    session = why.json(JOINED)["session"]
    assert (session["joined_by"], session["clients"], session["events"]) == ("user_id", ["5.5", "6.6"], 2)
    assert "clients 5.5, 6.6 are one by their user id" in why.text(JOINED)


def test_an_event_of_no_session(why: Asker) -> None:
    """That is said, and its session's columns have no value."""
    assert why.json(SLEEPING)["session"] is None
    assert "none: no event up to this one opens a session" in why.text(SLEEPING)


def test_the_rule_for_the_source(why: Asker) -> None:
    """Its name, what it says of itself, and the event that told."""
    session = why.json("0:2")["session"]
    assert [session[name] for name in ("number", "source_rule", "source_event")] == [2, "paid_click_id", 0]
    assert session["source_doc"].startswith("The link carries the click id of an advertisement")


def test_a_value_and_what_it_comes_from(why: Asker) -> None:
    """The inputs of one step; for a session's column they are those of all its events."""
    found = why.json("0:1")
    assert (column(found, "date_local")["value"], inputs(column(found, "date_local"))["time_zone"]) == (
        "2025-10-09", "UTC",
    )  # fmt: skip
    assert inputs(column(found, "session_entry_page_path")) == {
        "page_path": ["/", "/shoes", "/cart"],
        "is_page_view": [True, True, False],
    }


def test_a_column_down_to_the_wire(why: Asker) -> None:
    """Named columns are followed to the parameters, with what was sent."""
    step = column(why.json("0:1", "--column", "page_path"), "page_path")
    for name in ("url", "page_url"):
        step = next(one for one in step["inputs"] if one["name"] == name)
    assert (step["how"], step["raw"]) == ("parameter dl", {"dl": "https://shop.example/shoes"})


def test_the_tree_in_text(why: Asker) -> None:
    """Indented; the values of a session's events side by side, equal neighbours once."""
    lines = why.text("0:2", "--column", "session_click_id").splitlines()
    assert '  url_click_id = [{"name":"gclid","value":"A1"}, null x2]' in lines
    assert (
        "      parameter dl, sent dl=[https://shop.example/?gclid=A1, https://shop.example/shoes, https://shop.example/cart]"
        in lines
    )


def test_the_text_holds_what_has_a_value(why: Asker) -> None:
    """The rest is counted, unless all is asked for."""
    short, long = why.text("0:0"), why.text("0:0", "--all")
    assert ["page_path" in short, "page_title" in short, "more are null" in short] == [True, False, True]
    assert ["page_title" in long, "more are null" in long, "What was sent" in long] == [True, False, True]


def test_other_settings_since(why: Asker, tmp_path: Path) -> None:
    """Where today's settings give another value, the stored one stands beside it."""
    (tmp_path / "other.toml").write_text('[defaults]\nmask_address = 1\ntime_zone = "Pacific/Auckland"\n')
    found = why.json(LATE, "--config", str(tmp_path / "other.toml"))
    one = column(found, "date_local")
    assert (one["value"], one["stored"], one["differs"]) == ("2025-10-10", "2025-10-09", True)
    assert "date_local" in found["notes"][0]
    assert "(stored: 2025-10-09)" in why.text(LATE, "--config", str(tmp_path / "other.toml"))


def test_a_duplicate(why: Asker) -> None:
    """It is no row, and the one that is a row in its place is named."""
    found = why.json(DUPLICATE)
    assert (found["outcome"], found["repeats"]) == ("duplicate", {"log_partition": 0, "log_offset": 2})
    assert "repeats an event that is one at 0:2" in why.text(DUPLICATE)


def test_an_event_that_a_rule_leaves_out(why: Asker) -> None:
    """The rule's reason, and what it was decided by."""
    found = why.json(CRAWLED)
    assert (found["outcome"], found["reason"]) == ("filtered", "bot")
    assert column(found, "exclusion_reason")["value"] == "bot"
    assert inputs(column(found, "exclusion"))["is_bot_agent"] is True


def test_an_event_that_a_filter_would_leave_out_now(why: Asker, tmp_path: Path) -> None:
    """What is stored stays; the filter is named, with what it saw."""
    (tmp_path / "new.toml").write_text("[filters.late]\nexclude = \"page_path = '/late'\"\n")
    found = why.json(LATE, "--config", str(tmp_path / "new.toml"))
    assert (found["outcome"], column(found, "filter_exclusion")["value"]) == ("written", "late")
    assert inputs(column(found, "filter_late"))["page_path"] == "/late"
    assert found["notes"][0].startswith("today's code, settings and data files would make this no row")


def test_a_dead_letter(why: Asker) -> None:
    """Its reason, and the column that has no value."""
    assert (why.json(NAMELESS)["outcome"], why.json(NAMELESS)["reason"]) == ("dead", "columns: no_name")
    assert "parameter en" in why.text(NAMELESS)


def test_an_event_that_waits_for_the_warehouse(why: Asker) -> None:
    """Its session is over, and its values are those it will have."""
    found = why.json(WAITING)
    assert (found["outcome"], column(found, "page_path")["value"]) == ("planned", "/planned")
    assert "stored" not in column(found, "page_path")


def test_an_open_event(why: Asker) -> None:
    """When it closes if nothing more comes, and its values so far."""
    found = why.json(STILL_OPEN)
    assert (found["outcome"], found["open_until"]) == ("open", "2025-10-10T03:23:25.001Z")
    assert (found["protosession"]["hits"], column(found, "session_total_events")["value"]) == (2, 2)


def test_hits_that_are_no_rows_are_found_by_id(why: Asker) -> None:
    """In the archive and in the log."""
    for place in (DUPLICATE, CRAWLED, STILL_OPEN):
        found = why.json(place)
        assert why.json(found["id"]) == found


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("0:99", "there is no event 0:99: the log of partition 0 ends before offset 18"),
        ("1:0", "there is no event 1:0: the log has 1 partition, counted from 0"),
        (TICK, "at this place stands a mark of time, no hit"),
        (
            "0199c82c-c000-7000-8000-0000000000ff",
            "it is in no table, and no hit of the log and the archive has this id",
        ),
        ("nonsense", "there is no event 'nonsense': write the id of its row, or PARTITION:OFFSET"),
        ("-1:0", "No such option"),
    ],
)
def test_an_event_that_is_not_there(why: Asker, event: str, says: str) -> None:
    """It is said which, and why not."""
    assert says in why.text(event, code=2 if event.startswith("-") else 1)


def test_a_column_that_is_not_there(why: Asker) -> None:
    """The nearest name is suggested."""
    said = why.text("0:0", "--column", "page_pth", code=1)
    assert said == "tracker: events of ga4 have no column 'page_pth' (did you mean 'page_path'?)\n"


def test_without_a_warehouse_to_ask(shop: Shop, why: Asker, tmp_path: Path) -> None:
    """Everything but what is stored is told."""
    changed = shop.copy(tmp_path)
    (changed.folder / "tracker.duckdb").unlink()
    found = why.json("0:0", "--data", str(changed.folder))
    assert column(found, "page_path")["value"] == "/"
    assert found["notes"][0].startswith("what is stored cannot be shown: no tracker is running")


def test_a_row_that_was_removed(shop: Shop, why: Asker, tmp_path: Path) -> None:
    """It would be one by today's settings, and is none."""
    changed = shop.copy(tmp_path)
    changed.sql("DELETE FROM events WHERE log_offset = 8")
    assert why.json(LATE, "--data", str(changed.folder))["outcome"] == "missing"


def test_without_the_archive(shop: Shop, why: Asker, tmp_path: Path) -> None:
    """A hit that was removed from it cannot be explained."""
    changed = shop.copy(tmp_path)
    shutil.rmtree(changed.folder / "archive")
    said = why.text("0:0", "--data", str(changed.folder), code=1)
    assert said == "tracker: the record at 0:0 is no longer in the log, and not in the archive: was it removed?\n"


def test_what_killed_the_worker_is_not_computed_again(shop: Shop, why: Asker, tmp_path: Path) -> None:
    """It would end this program too."""
    changed = shop.copy(tmp_path)
    letter = "0, 14, 3, 'G-SHOP', TIMESTAMPTZ '2025-10-09 00:00:00Z', 'compute', 'killed_the_worker', ''"
    changed.sql(f"INSERT INTO tracker_dead_letters VALUES ({letter})")
    found = why.json(WAITING, "--data", str(changed.folder))
    assert (found["reason"], found["columns"]) == ("compute: killed_the_worker", [])


def test_a_column_that_fails(why: Asker, tmp_path: Path) -> None:
    """Its error is told where its value would be."""
    code = "from tracker.columns import String, event\n\n\n@event\ndef broken(name: String) -> String:\n"
    (tmp_path / "bad.py").write_text(f'{code}    """Never there."""\n    raise ValueError("no luck")\n')
    found = why.json(LATE, "--plugins-dir", str(tmp_path))
    assert column(found, "broken")["failed"] == "ValueError: no luck"
    assert found["notes"][-1] == "not in the table yet: broken"


def test_the_running_tracker_is_asked(shop: Shop, why: Asker) -> None:
    """While it holds the DuckDB file, what is stored comes from its socket."""
    found = app.registry(shop.settings)
    driver = app.driver(shop.settings, found, "main", shop.settings.warehouse.sinks["main"])
    assert isinstance(driver, DuckDB)
    asked: list[str] = []
    driver.cursor(0)

    def answer(sql: str, sink: str | None) -> Any:
        asked.append(f"{sink}: {sql}")
        return driver.queries(shop.settings.sql).run(sql)

    server = ControlServer(socket_path(shop.folder), answer, dict, lambda: b"", list)
    server.start()
    try:
        assert "written: a row of the table" in why.text("0:0")
    finally:
        server.stop()
        driver.close()
    assert any("main: SELECT * FROM" in sql for sql in asked)


def test_the_page_shows_what_is_printed(why: Asker) -> None:
    """Line by line, though not every line."""
    section = PAGE.read_text().partition("## Why is this value here?")[2]
    first, second = (part.partition("```")[0].splitlines()[1:] for part in section.split("```text")[1:3])
    for shown, printed in (first, why.text("0:4")), (second, why.text("0:0", "--column", "session_click_id")):
        lines = [line.rstrip() for line in printed.splitlines()]
        assert [line for line in shown if line not in lines] == []
