"""What a batch was computed with has one number, which nothing else changes; and every row points to it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tracker import app
from tracker.columns import Events, Int64, String, boundary, declare, event, param, setting
from tracker.columns.batch import Computer
from tracker.columns.collect import AnyColumn, collect
from tracker.columns.epoch import describe
from tracker.columns.graph import build
from tracker.columns.rates import Rates
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Batch, Closed, Epoch, Hit, Plan
from tracker.resources.libraries import LIBRARIES
from tracker.testing import compute_batch, make_hit
from tracker.testing.hits import NOW
from tracker.worker import codec

SECRET = "s" * 32
HITS = [
    make_hit("v=2&tid=G-1&cid=1.1&en=page_view"),
    make_hit("idsite=1&rec=1", protocol="matomo", family="matomo", property_id="1"),
]
MANY: dict[str, Any] = {
    "properties": {"G-2": {"currency": "EUR", "boundaries": {"midnight": True}}, "G-1": {"time_zone": "Asia/Tokyo"}},
    "defaults": {"key_events": ["signup"], "tokens": [SECRET]},
    "columns": {"params_plan": {"param": "ep.plan"}},
}


def computer(settings: Mapping[str, Any], opened: Mapping[str, Any] | None = None) -> Computer:
    """What computes batches under these settings; `opened` may change meanwhile."""
    resolved = Settings.model_validate(settings)
    found = app.registry(resolved)
    hand = None if opened is None else lambda: dict(opened)
    return app.computer(resolved, found, app.properties(resolved, found), new_metrics(), hand)


def computed(by: Computer) -> Batch:
    """The batch of two hits."""
    plan = Plan(3, NOW + 3_600_000_000, (Closed(np.arange(len(HITS)), "timeout"),), 0)
    return by(0, plan, [codec.encode(hit) for hit in HITS])


def epoch(settings: Mapping[str, Any], hits: list[Hit] | None = None) -> Epoch:
    """The epoch of a batch under these settings."""
    found = compute_batch(hits or HITS[:1], settings).epoch
    assert found is not None
    return found


def test_every_row_points_to_it() -> None:
    """One number in a batch, whatever the protocol; it fits 63 bits and is never null."""
    batch = compute_batch(HITS)
    assert batch.epoch is not None
    assert batch.events["schema_epoch"].to_pylist() == [batch.epoch.number] * 2
    assert 0 <= batch.epoch.number < 2**63
    assert not batch.events.schema.field("schema_epoch").nullable


def test_where_it_was_seen_first() -> None:
    """The batch knows the log time of its plan."""
    assert computed(computer({})).log_time == NOW + 3_600_000_000


def test_no_rows_no_matter() -> None:
    """What all hits of a plan came to nothing with is known as well."""
    batch = compute_batch([make_hit("v=2")])
    assert (batch.events.num_rows, batch.epoch) == (0, epoch({}))


def test_the_same_on_every_machine() -> None:
    """Another process, another order of hashes, another order in the settings: the same number and the same texts."""
    other = {key: MANY[key] for key in reversed(MANY)}
    other["properties"] = {key: MANY["properties"][key] for key in sorted(MANY["properties"])}
    script = (
        "import sys, json; from tracker.testing import compute_batch, make_hit;"
        "print(repr(compute_batch([make_hit()], json.loads(sys.argv[1])).epoch))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, json.dumps(other)],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == repr(epoch(MANY))


@pytest.mark.parametrize(
    "changed",
    [
        {"defaults": {"time_zone": "Europe/Berlin"}},
        {"defaults": {"redact_emails": True}},
        {"defaults": {"exclude_bots": False}},
        {"sessions": {"timeout": "20m"}},
        {"currency": {"max_age": "3d"}},
        {"columns": {"session_is_engaged": {"seconds": 20}}},
        {"columns": {"params_plan": {"param": "ep.plan"}}},
        {"columns": {"is_read": {"sql": "name = 'read'"}}},
        {"filters": {"office": {"exclude": "page_hostname = 'office.example'"}}},
        {"properties": {"G-9": {"filters": {"office": {"test": "page_hostname = 'office.example'"}}}}},
        {"properties": {"G-9": {"currency": "CHF"}}},
        {"properties": {"G-9": {"boundaries": {"midnight": True}}}},
        {"properties": {"G-9": {"columns": {"session_is_engaged": {"seconds": 20}}}}},
    ],
    ids=str,
)
def test_what_decides_about_rows_makes_a_new_one(changed: dict[str, Any]) -> None:
    """Settings that columns, boundaries and steps see, for all properties or one."""
    assert epoch(changed).number != epoch({}).number


@pytest.mark.parametrize(
    "changed",
    [
        {"receiver": {"port": 99}},
        {"data": "elsewhere"},
        {"defaults": {"mask_address": 2, "tokens": [SECRET], "api_secrets": [SECRET]}},
        {"defaults": {"time_zone": "UTC", "boundaries": {"timeout": True}}},
        {"properties": {"G-9": {}}},
        {"warehouse": {"events_table": "hits"}, "worker": {"batch_hits": 7}},
    ],
    ids=str,
)
def test_nothing_else_does(changed: dict[str, Any]) -> None:
    """Not where and how it runs, what is decided at receipt, who may send, or a default that is written down."""
    assert epoch(changed) == epoch({})


def small(*columns: AnyColumn, **options: Any) -> Epoch:
    """The epoch of a few columns for one protocol."""
    default: dict[str, Any] = {
        "settings_of": lambda property_id: None,
        "overrides": lambda column, property_id: {},
        "properties": (),
        "common": {},
        "data_files": {},
        "program": "1.0",
    }
    return describe(build(collect(columns), ["ga4"]), **{**default, **options})


def page(version: int, *keys: str) -> AnyColumn:
    """A parameter."""
    column = param(*(keys or ("dl",)), type=String, version=version)
    column.name = "page"
    return column


def test_versions_count() -> None:
    """Of intermediate columns too: what they give decides what others are."""

    @event
    def path(page: String) -> String:
        """Path."""
        return page

    assert small(page(1), path).number != small(page(2), path).number
    assert json.loads(small(page(2), path).columns) == {
        "page": {"ga4": {"keys": ["dl"], "version": 2}},
        "path": {"ga4": {"version": 1}},
    }


def test_wire_names_and_program_and_data_count() -> None:
    """Which parameter is read, which program reads it, and what it looks things up in."""
    each = [
        small(page(1)),
        small(page(1, "dl", "url")),
        small(page(1), program="1.1"),
        small(page(1), data_files={"rates": ""}),
        small(page(1), data_files={"rates": "7"}),
    ]
    assert len({one.number for one in each}) == len(each)
    assert json.loads(each[-1].data_files) == {"rates": "7"}


def test_a_column_that_nobody_fills_has_no_version() -> None:
    """An interface stands there once it has a provider."""
    title = declare(String, doc="Title.")
    title.name = "title"
    assert json.loads(small(title).columns) == {}


def test_settings_are_described() -> None:
    """All that holds for every property, and of one only what it has otherwise."""

    @boundary
    def cut(page: Events[String], *, least: int = 3) -> Int64:
        """Cuts."""
        return page

    cut.type = pa.bool_()
    zone = setting("time_zone", String)
    zone.name = "zone"
    common = Settings.model_validate({}).model_copy(update={"time_zone": "UTC", "boundaries": {}})
    one = common.model_copy(update={"boundaries": {"cut": False}})
    found = small(
        page(1), cut, zone,
        settings_of=lambda property_id: one if property_id == "one" else common,
        overrides=lambda column, property_id: {"least": 4} if property_id == "two" else {},
        properties=("one", "two", "three"), common={"extra": {"b": 1, "a": {2, 1}}},
    )  # fmt: skip
    assert json.loads(found.settings) == {
        "defaults": {
            "boundaries": {"ga4.cut": True},
            "columns": {"cut": {"least": 3}},
            "join_by_user_id": None,
            "redact_emails": None,
            "time_zone": "UTC",
        },
        "extra": {"a": [1, 2], "b": 1},
        "properties": {"one": {"boundaries": {"ga4.cut": False}}, "two": {"columns": {"cut": {"least": 4}}}},
    }


def test_all_that_a_batch_reads_is_described() -> None:
    """No property setting decides about rows without standing in the description."""
    by, read = computer({}), set[str]()
    described = computed(by).epoch
    settings_of = by.rules.settings_of

    class Watched:
        """Settings of a property that note what is asked of them."""

        def __init__(self, property_id: str) -> None:
            self._own = settings_of(property_id)

        def __getattr__(self, name: str) -> Any:
            read.add(name)
            return getattr(self._own, name)

    by.rules = replace(by.rules, settings_of=Watched)
    assert computed(by).epoch is described
    assert described is not None
    assert read > {"time_zone", "boundaries", "timeout"}
    assert read <= json.loads(described.settings)["defaults"].keys()


def test_secrets_have_no_place_in_it(tmp_path: Path) -> None:
    """Neither those the protocols know, nor a column's or property's own, by their names."""
    (tmp_path / "shop.py").write_text(
        "from tracker.columns import String, event, setting\n"
        "shop_matomo_tokens = setting('tokens', String)\n"
        "@event\n"
        "def priced(client_id: String, *, api_key: str = '', shop_secret: str = '', keys: int = 1) -> String:\n"
        "    'Price.'\n"
        "    return client_id\n"
    )
    own = {"api_key": SECRET, "shop_secret": SECRET, "keys": 2}
    settings = {
        "plugins_dir": tmp_path,
        "columns": {"priced": own},
        "defaults": {"tokens": [SECRET], "api_secrets": [SECRET]},
        "properties": {"secret_shop": {"tokens": [SECRET + "1"], "columns": {"priced": {**own, "keys": 3}}}},
    }
    found = computer(settings)._now_open().epoch
    assert SECRET not in repr(found)
    assert json.loads(found.settings)["defaults"]["columns"]["priced"] == {"keys": 2}
    assert json.loads(found.settings)["properties"] == {"secret_shop": {"columns": {"priced": {"keys": 3}}}}


def test_a_data_file_that_changes_begins_a_new_one() -> None:
    """From the next batch on, in the same run; the same data again are the epoch they were."""
    opened = {"exchange_rates": Rates.of({}, version="1")}
    by, numbers = computer({}, opened), []
    for version in ("1", "2", "1"):
        opened["exchange_rates"] = Rates.of({}, version=version)
        batch = computed(by)
        assert batch.epoch is not None
        assert set(batch.events["schema_epoch"].to_pylist()) == {batch.epoch.number}
        assert json.loads(batch.epoch.data_files)["exchange_rates"] == version
        numbers.append(batch.epoch.number)
    assert numbers[0] == numbers[2] != numbers[1]


def test_libraries_with_data_count() -> None:
    """A list of user agents or public suffixes comes with a release of its library, and every one is named."""
    described = json.loads(epoch({}).data_files)
    assert {name: described[name] for name in LIBRARIES} == {name: metadata.version(name) for name in LIBRARIES}


def test_it_is_described_once() -> None:
    """Batches under the same data have the very same epoch: it costs an event nothing."""
    by = computer({})
    assert computed(by).epoch is computed(by).epoch
