"""Every setting, one class per stage, each documented where it stands. `docs/settings.md` is made from this file."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from tracker.config.durations import Duration

_SIZES = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}


def parse_size(value: object) -> int:
    """Bytes of a size as written in settings: `64KB`, `10 GB`, or a number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip().lower().replace(" ", "").replace("ib", "b")
    for unit in ("kb", "mb", "gb", "tb", "b"):
        if text.endswith(unit):
            text, factor = text[: -len(unit)], _SIZES[unit]
            break
    else:
        factor = 1
    try:
        return round(float(text) * factor)
    except ValueError:
        raise ValueError(f"{value!r} is no size; write for example 64KB or 10GB") from None


def format_size(size: int) -> str:
    """The shortest text that `parse_size` reads back."""
    for unit in ("tb", "gb", "mb", "kb"):
        if size and size % _SIZES[unit] == 0:
            return f"{size // _SIZES[unit]}{unit.upper()}"
    return str(size)


Size = Annotated[int, BeforeValidator(parse_size), PlainSerializer(format_size, when_used="json")]
"""Bytes, written in settings as `64KB`."""


class Section(BaseModel):
    """A group of settings. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ReceiverSettings(Section):
    """HTTP in: `tracker serve` listens here."""

    host: str = "127.0.0.1"
    """Address to listen on. Put a reverse proxy with TLS in front before opening it to the internet."""
    port: int = Field(8080, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    admin_host: str = "127.0.0.1"
    """Address of `/live`, `/ready`, `/health` and `/metrics`."""
    admin_port: int = Field(8081, ge=0, le=65535)
    """Port of `/live`, `/ready`, `/health` and `/metrics`; 0 takes a free one."""
    processes: int = Field(1, ge=1, le=64)
    """How many receiver processes share the port."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose `X-Forwarded-For` is believed; the client is the rightmost address outside them."""
    max_url: Size = 16 << 10
    """Longest request line; longer is answered 414."""
    max_headers: Size = 32 << 10
    """Most bytes of headers; more is answered 431."""
    max_body: Size = 10 << 20
    """Most bytes of body, after decompression; more is answered 413."""
    max_parameters: int = Field(2_000, ge=1)
    """Most parameters in one query or form; more is answered 400."""
    commit_hits: int = Field(1_000, ge=1)
    """Most hits in one group commit. A request is never divided."""
    max_waiting: int = Field(20_000, ge=1)
    """Hits that may wait for a commit; more is answered 503."""
    kept_headers: tuple[str, ...] = ()
    """Headers to keep with each hit besides those that columns read. Cookie and Authorization are never kept."""
    paths: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Further paths by protocol, besides its own, in `[receiver.paths]`: `matomo = ["/js/tracker.php", "/js/"]`. As
    with its own, a path may stand behind any other: `/blog/js/` is taken too.
    """


class LogSettings(Section):
    """The durable list of hits."""

    quota: Size = 10 << 30
    """Most bytes the log may take. At 80 % receivers answer 503 with Retry-After."""
    partitions: int = Field(1, ge=1, le=1024)
    """How many partitions; fixed when the log is created."""
    partition_by: Literal["client", "property"] = "client"
    """What keeps hits together: `client` (property and client id) or `property`."""
    archive: bool = True
    """Keep trimmed hits and plans, compressed, so that tables can be built again. Without it the log is never trimmed.
    """
    archive_dir: Path | None = None
    """Where; default: `archive` in the data folder."""
    trim_interval: Duration = 60_000_000
    """How often what is no longer needed leaves the log."""
    carry_after: Duration = 45 * 60_000_000
    """A protosession older than this no longer keeps the log from being trimmed; its hits are carried instead."""


class SessionSettings(Section):
    """Which hits belong together. Each may be overridden per property."""

    timeout: Duration = 30 * 60_000_000
    """A session ends after this long without an event."""
    join_by_user_id: bool = True
    """Clients that share a user id are one visitor."""
    join_by_stamp: Literal["cookieless", "always", "off"] = "cookieless"
    """Which hits a shared session stamp (address and browser) may join."""
    max_hits: int = Field(2_000, ge=1)
    """Hits after which a protosession is closed early; the rest continues in a new one."""
    max_duration: Duration = 24 * 3_600_000_000
    """Log time after which a protosession is closed early; the rest continues in a new one."""
    max_open: int = Field(1_000_000, ge=1)
    """Open protosessions of a property, or of all without a section together; over it the oldest close early."""
    max_session_duration: Duration = 12 * 3_600_000_000
    """A session is split when it lasts longer."""
    max_session_events: int = Field(1_000, ge=1)
    """A session is split when it holds more events."""


class WorkerSettings(Section):
    """The loop that folds the log and writes plans."""

    batch_hits: int = Field(50_000, ge=1)
    """A plan is made when closed protosessions hold this many hits ..."""
    batch_bytes: Size = Field(128 << 20, ge=1 << 10)
    """... or this many bytes in the log: what a batch takes of memory is some times that ..."""
    flush_interval: Duration = 10_000_000
    """... or when log time has moved this far since the last plan."""
    tick_interval: Duration = 1_000_000
    """After this long without a hit, time is written into the log so that sessions close."""
    read_records: int = Field(5_000, ge=1)
    """Log records read at a time."""
    attempts: int = Field(3, ge=1)
    """Deaths at one plan after which its protosessions are tried one by one and the killer is put aside."""


class CurrencySettings(Section):
    """Amounts in US dollars, by the rate of their day."""

    rates_file: Path | None = None
    """The European Central Bank's `eurofxref-hist.csv` or `.zip`; read again when it changes. Default: the copy that
    comes with the program, some weeks old.
    """
    max_age: Duration = 7 * 86_400_000_000
    """How long a rate holds while no newer one is published, in whole days; after that amounts have none."""


class GeoSettings(Section):
    """Where visitors are, by their addresses. Without files the columns are null; nothing is fetched."""

    file: Path | None = None
    """A database of places in the MMDB format: GeoLite2 or GeoIP2 City or Country, DB-IP Lite, IPinfo. Read again when
    it changes.
    """
    asn_file: Path | None = None
    """A database of networks (ASN) in the MMDB format, for `geo_asn` and for bots in data centres. Read again when it
    changes.
    """


class FilterSettings(Section):
    """One traffic filter: one of `exclude`, `allow` and `test`, a SQL expression over the columns of an event."""

    exclude: str | None = None
    """Events for which it is true are left out."""
    allow: str | None = None
    """Events for which no `allow` filter of their property is true are left out."""
    test: str | None = None
    """Nothing is left out; `traffic_filter_name` says for which events it is true."""
    doc: str | None = None
    """What the filter is for."""

    @model_validator(mode="after")
    def _is_one_of_three(self) -> "FilterSettings":
        if len([text for text in (self.exclude, self.allow, self.test) if text is not None]) != 1:
            raise ValueError("a filter has exactly one of exclude, allow and test")
        return self


def _switched_off(value: object) -> object:
    if value is True:
        raise ValueError("write a filter, or false for none of that name")
    return None if value is False else value


TableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A table's name: lower case, so that no warehouse needs quotes for it."""


class SinkSettings(BaseModel):
    """One configured warehouse. Further keys are the driver's own settings."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    driver: str = "duckdb"
    """Kind of warehouse: the name of a driver."""


class WarehouseSettings(Section):
    """Tables out."""

    sinks: dict[str, SinkSettings] = Field(default_factory=lambda: {"main": SinkSettings()})
    """Warehouses by name. Default: one DuckDB file, `tracker.duckdb`, in the data folder."""
    layout: Literal["wide", "split"] = "wide"
    """`wide`: one table of events with session columns on every row. `split`: a table of events and one of sessions,
    joined by `session_id`.
    """
    events_table: TableName = "events"
    """Name of the table of events."""
    sessions_table: TableName | None = None
    """Name of the table (`split`) or view (`wide`) of sessions; default: `sessions`, or `shop_sessions` beside
    `shop_events`.
    """
    views: bool = True
    """Make the ready views, and keep them up to date. Views and tables of yours are never replaced."""


class SqlSettings(Section):
    """`tracker sql` against the running tracker."""

    timeout: Duration = 60_000_000
    """A query is interrupted after this long."""
    max_rows: int = Field(100_000, ge=1)
    """Most rows of one answer; more are cut, and it is said."""
    max_bytes: Size = 256 << 20
    """Most bytes of one answer."""
    live_hits: int = Field(20_000, ge=1)
    """Most hits that `live_events` shows, those of who was last active; more are left out, and it is said."""


class SnapshotSettings(Section):
    """Parquet copies of the tables in a DuckDB file, one file a day, for tools that cannot ask the tracker."""

    interval: Duration | None = Field(None, ge=1_000_000)
    """How often the tracker brings them up to date, `15m` for one. Default: only when `tracker snapshot` is called."""
    folder: Path | None = None
    """Where; default: `snapshots` in the data folder."""
    keep_replaced: Duration = 3_600_000_000
    """How long a file that is no longer in `open.sql` stays for those who read it: longer than the longest query."""


class PropertySettings(Section):
    """One tracked site or app: a `[properties.ID]` section. Protocols add settings of their own."""

    name: str | None = None
    """Shown as `property_name`."""
    time_zone: str = "UTC"
    """Where the property lives: an IANA name such as Europe/Berlin."""
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of amounts that carry none."""
    key_events: tuple[str, ...] = ("purchase", "ecommerce_order")
    """Names of the events that are key events (conversions), besides those that a tag marks itself."""
    domains: tuple[str, ...] = ()
    """The property's own hosts, besides that of the page: never referrals."""
    mask_address: int = Field(0, ge=0, le=4)
    """How much of a client address is cut before it is stored: 0 none; 1 /24 (IPv6 /48); 2 /16 (/32); 3 /8 (/16); 4
    all.
    """
    timeout: Duration | None = None
    """Overrides `sessions.timeout`."""
    join_by_user_id: bool | None = None
    """Overrides `sessions.join_by_user_id`."""
    join_by_stamp: Literal["cookieless", "always", "off"] | None = None
    """Overrides `sessions.join_by_stamp`."""
    max_session_duration: Duration | None = None
    """Overrides `sessions.max_session_duration`."""
    max_session_events: int | None = Field(None, ge=1)
    """Overrides `sessions.max_session_events`."""
    boundaries: dict[str, bool] = Field(default_factory=dict)
    """Switches session boundaries by name, off (`user_id_changed = false`) or on (`midnight = true`)."""
    filters: dict[str, Annotated[FilterSettings | None, BeforeValidator(_switched_off)]] = Field(default_factory=dict)
    """Traffic filters of this property, `[properties.ID.filters.NAME]`, besides those for all; `NAME = false` switches
    one of those off.
    """
    excluded_url_params: tuple[str, ...] = (
        "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id", "utm_source_platform",
        "utm_creative_format", "utm_marketing_tactic", "gclid", "dclid", "srsltid", "gbraid", "wbraid", "fbclid",
        "msclkid", "_gl", "pk_vid",
    )  # fmt: skip
    """Query parameters removed from `page_location` once their columns have been filled; a `*` stands for any
    characters. `_gl` and `pk_vid` are ids that tags put into links between a site's domains.
    """
    redact_emails: bool = False
    """Replace what looks like an e-mail address by `(email)` in every parameter, URLs included; user and client ids
    stay. The log and the archive keep hits as they were sent.
    """
    exclude_bot_score: int | None = Field(None, ge=1, le=100)
    """Leave events out whose bot score is this or more, by the signs that an event shows by itself; the ledger counts
    them. Default: none, bots are only flagged.
    """
    layout: Literal["wide", "split"] | None = None
    """Overrides `warehouse.layout`; needs an `events_table` of its own then."""
    events_table: TableName | None = None
    """Overrides `warehouse.events_table`: a table for this property, or for all that name it."""
    sessions_table: TableName | None = None
    """Overrides `warehouse.sessions_table`."""
    sinks: tuple[str, ...] = ()
    """Names of the `[warehouse.sinks]` that get the property's rows; default: all."""
    columns: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Column settings for this property: `[properties.ID.columns.NAME]`."""


class Settings(Section):
    """All settings. They come from `tracker.toml`, then `TRACKER_*` variables, then the command line."""

    data: Path = Path("data")
    """Folder of the log, the archive and the DuckDB file."""
    plugins_dir: Path | None = None
    """Folder of plugin files (`*.py`)."""
    properties_only: bool = False
    """Refuse, without telling them, properties that have no section of their own."""
    receiver: ReceiverSettings = Field(default_factory=ReceiverSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    sessions: SessionSettings = Field(default_factory=SessionSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    warehouse: WarehouseSettings = Field(default_factory=WarehouseSettings)
    sql: SqlSettings = Field(default_factory=SqlSettings)
    snapshots: SnapshotSettings = Field(default_factory=SnapshotSettings)
    currency: CurrencySettings = Field(default_factory=CurrencySettings)
    geo: GeoSettings = Field(default_factory=GeoSettings)
    columns: dict[str, Any] = Field(default_factory=dict)
    """Column settings (`[columns.NAME]`) and chosen providers (`NAME = "provider"`)."""
    filters: dict[str, FilterSettings] = Field(default_factory=dict)
    """Traffic filters for all properties, by name: `[filters.NAME]` with `exclude`, `allow` or `test`."""
    defaults: dict[str, Any] = Field(default_factory=dict)
    """Property settings for every property that does not set them itself: the `[defaults]` section."""
    properties: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Tracked sites and apps by id, as the tags send it: `[properties.ID]`."""
