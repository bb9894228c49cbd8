"""Settings come from four places, and every mistake in them is named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tracker import app
from tracker.config.load import Loaded, UnreadableFile, load, property_settings, settings_reference
from tracker.config.settings import PropertySettings, Settings
from tracker.errors import Problems

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file lies about."""
    monkeypatch.chdir(tmp_path)


def resolve(text: str = "", environ: Mapping[str, str] | None = None, **overrides: Any) -> Loaded:
    file = Path("tracker.toml")
    file.write_text(text)
    return load(
        file=file, environ=environ or {}, overrides={key.replace("__", "."): value for key, value in overrides.items()}
    )


def refusals(text: str = "", environ: Mapping[str, str] | None = None, **overrides: Any) -> list[str]:
    with pytest.raises(Problems) as caught:
        resolve(text, environ, **overrides)
    return [str(problem) for problem in caught.value.problems]


class ShopSettings(PropertySettings):
    """Property settings of some protocol."""

    tokens: tuple[str, ...] = ()
    """Secrets."""


def property_refusals(settings: Settings) -> list[str]:
    with pytest.raises(Problems) as caught:
        property_settings(settings, ShopSettings)
    return [str(problem) for problem in caught.value.problems]


def test_without_any_source_all_is_default() -> None:
    """Nothing has to be written anywhere."""
    loaded = load(file=None, environ={"PATH": "/bin"}, overrides={})
    assert (loaded.settings, loaded.file, set(loaded.origins.values())) == (Settings(), None, {"default"})


def test_a_variable_wins_over_the_file() -> None:
    """The environment is read after the file."""
    loaded = resolve("[receiver]\nport = 1", {"TRACKER_RECEIVER__PORT": "2"})
    assert (loaded.settings.receiver.port, loaded.origins["receiver.port"]) == (2, "TRACKER_RECEIVER__PORT")


def test_the_command_line_wins_over_a_variable() -> None:
    """Options are read last."""
    loaded = resolve("", {"TRACKER_RECEIVER__PORT": "1"}, receiver__port=2)
    assert (loaded.settings.receiver.port, loaded.origins["receiver.port"]) == (2, "--port")


def test_an_option_that_was_not_given_changes_nothing() -> None:
    """None means that the option is absent."""
    assert resolve("[receiver]\nport = 5", receiver__port=None).origins["receiver.port"] == "tracker.toml"


def test_origins_name_every_setting() -> None:
    """`tracker check` can show where each came from, default ones and free keys included."""
    loaded = resolve('[properties.G-1]\nname = "Shop"')
    assert (loaded.origins["properties.G-1.name"], loaded.origins["log.quota"]) == ("tracker.toml", "default")


def test_the_file_in_the_data_folder_is_found() -> None:
    """The data folder named on the command line may hold the settings file."""
    Path("here").mkdir()
    Path("here/tracker.toml").write_text("[receiver]\nport = 9")
    loaded = load(file=None, environ={}, overrides={"data": Path("here")})
    assert (loaded.settings.receiver.port, loaded.file) == (9, Path("here/tracker.toml"))


def test_a_variable_names_the_file() -> None:
    """TRACKER_CONFIG stands for --config."""
    Path("other.toml").write_text("[receiver]\nport = 9")
    assert load(file=None, environ={"tracker_config": "other.toml"}, overrides={}).settings.receiver.port == 9


def test_a_missing_file_is_refused() -> None:
    """A file that was named must exist."""
    with pytest.raises(UnreadableFile, match=r"no\.toml: no such file"):
        load(file=Path("no.toml"), environ={}, overrides={})


def test_broken_toml_is_refused() -> None:
    """The parser's own words and line are shown."""
    with pytest.raises(UnreadableFile, match=r"it is no TOML: .*line 1"):
        resolve("a = = 1")


@pytest.mark.parametrize("text", ["10.0.0.0/8, ::1", '["10.0.0.0/8", "::1"]'])
def test_a_list_in_a_variable(text: str) -> None:
    """Lists are written with commas or as JSON."""
    loaded = resolve("", {"TRACKER_RECEIVER__TRUSTED_PROXIES": text})
    assert loaded.settings.receiver.trusted_proxies == ("10.0.0.0/8", "::1")


def test_a_section_in_a_variable() -> None:
    """A whole section is written as JSON and merged with the file."""
    loaded = resolve("[log]\npartitions = 3", {"TRACKER_LOG": '{"quota": "1MB"}'})
    assert (loaded.settings.log.partitions, loaded.settings.log.quota) == (3, 1 << 20)


def test_an_empty_variable_counts_as_not_set() -> None:
    """A variable that a container file passes on without a value changes nothing."""
    assert resolve("", {"TRACKER_RECEIVER__PORT": ""}).settings.receiver.port == 8080


def test_variables_are_read_without_case() -> None:
    """Lower-case variables are the same ones."""
    assert resolve("", {"tracker_receiver__Port": "7"}).settings.receiver.port == 7


def test_a_variable_finds_the_property_of_the_file() -> None:
    """An id with a dash and capitals can be written as a variable."""
    loaded = resolve('[properties.G-Abc]\nname = "x"', {"TRACKER_PROPERTIES__G_ABC__NAME": "y"})
    assert loaded.settings.properties == {"G-Abc": {"name": "y"}}


def test_a_variable_may_hold_a_new_property() -> None:
    """A property needs no file."""
    environ = {"TRACKER_PROPERTIES__1__DOMAINS": "a.test,b.test", "TRACKER_PROPERTIES__1__NAME": "5"}
    assert resolve("", environ).settings.properties == {"1": {"domains": ["a.test", "b.test"], "name": "5"}}


def test_an_unknown_key_names_its_line_and_the_nearest() -> None:
    """A typing mistake in the file is found at its line."""
    assert refusals('# a\n[sessions]\n\ntimeot = "5m"') == [
        "sessions.timeot (tracker.toml line 4): there is no such setting (did you mean 'timeout'?)"
    ]


def test_an_unknown_section_names_its_line_and_the_nearest() -> None:
    """A section's name is a key like any other."""
    assert refusals("[reciever]\nport = 1") == [
        "reciever (tracker.toml line 1): there is no such setting (did you mean 'receiver'?)"
    ]


def test_an_unknown_variable_is_named() -> None:
    """A variable in no section is told where it belongs."""
    assert refusals("", {"TRACKER_PORT": "1"}) == [
        "port (TRACKER_PORT): there is no such setting (did you mean 'receiver.port'?)"
    ]


def test_all_problems_come_at_once() -> None:
    """One look at the message is enough to mend everything."""
    problems = refusals('[log]\nquota = "x"\n[receiver]\nport = 70000', {"TRACKER_SESSIONS__TIMEOUT": "soon"}, data=3)
    assert problems == [
        "data (--data): expected a path, not 3",
        "receiver.port (tracker.toml line 4): expected less than or equal to 65535, not 70000",
        "log.quota (tracker.toml line 2): 'x' is no size; write for example 64KB or 10GB",
        "sessions.timeout (TRACKER_SESSIONS__TIMEOUT): 'soon' is no duration; write for example 30m, 2s or 1h30m",
    ]


def test_a_value_where_a_section_belongs_is_refused() -> None:
    """`receiver = 5` is no section."""
    assert refusals("receiver = 5")[0].startswith("receiver (tracker.toml line 1): expected a valid dictionary")


def test_lines_inside_lists_confuse_nobody() -> None:
    """A list over many lines does not shift the table that follows."""
    text = '[receiver]\ntrusted_proxies = [\n  "a = 1",\n  "[log]",\n]\nprot = 1'
    assert refusals(text) == ["receiver.prot (tracker.toml line 6): there is no such setting (did you mean 'port'?)"]


def test_a_property_takes_what_it_does_not_set_from_the_defaults() -> None:
    """Its own keys win, tables are merged key by key."""
    defaults = {"time_zone": "Europe/Berlin", "name": "x", "boundaries": {"a": False}}
    settings = Settings(defaults=defaults, properties={"1": {"name": "y", "boundaries": {"b": False}}})
    one = property_settings(settings, ShopSettings).of("1")
    assert one == ShopSettings(time_zone="Europe/Berlin", name="y", boundaries={"a": False, "b": False})


def test_a_property_without_a_section_has_the_defaults() -> None:
    """A stranger is treated as [defaults] says."""
    assert property_settings(Settings(defaults={"mask_address": 2}), ShopSettings).of("9") == ShopSettings(
        mask_address=2
    )


def test_strangers_may_be_refused() -> None:
    """`properties_only` reaches the look-up."""
    assert property_settings(Settings(properties_only=True), ShopSettings).of("9") is None


def test_a_text_is_read_as_a_list() -> None:
    """One token needs no brackets."""
    settings = Settings(properties={"1": {"tokens": "a, b"}})
    assert property_settings(settings, ShopSettings).always("1").tokens == ("a", "b")


def test_unknown_property_keys_are_named() -> None:
    """Every section's mistakes are shown at once, those of [defaults] only there."""
    settings = Settings(defaults={"timezone": "UTC"}, properties={"1": {"curency": "EUR"}, "2": {"currency": "euro"}})
    assert property_refusals(settings) == [
        "defaults.timezone: there is no such setting (did you mean 'time_zone'?)",
        "properties.1.curency: there is no such setting (did you mean 'currency'?)",
        "properties.2.currency: String should match pattern '^[A-Z]{3}$', not 'euro'",
    ]


def test_an_unknown_time_zone_is_named() -> None:
    """Time zones are IANA names."""
    settings = Settings(properties={"1": {"time_zone": "Europe/Berln"}})
    assert property_refusals(settings) == [
        "properties.1.time_zone: there is no time zone 'Europe/Berln' (did you mean 'Europe/Berlin'?)"
    ]


def test_secrets_are_not_repeated_in_errors() -> None:
    """A bad token is not shown."""
    assert "hush" not in property_refusals(Settings(properties={"1": {"tokens": {"hush": 1}}}))[0]


def test_the_example_file_is_valid() -> None:
    """What the documentation shows works as it stands."""
    loaded = load(file=ROOT / "docs/examples/tracker.toml", environ={}, overrides={})
    properties = property_settings(loaded.settings, PropertySettings)
    assert (properties.always("G-ABC1234567").currency, properties.always("1").timeout) == ("EUR", 3_600_000_000)


def test_the_settings_page_is_up_to_date() -> None:
    """docs/settings.md is what the classes say, those of built-in protocols and drivers included."""
    found = app.registry(Settings())
    drivers = {name: driver.Settings for name, driver in found.drivers.items()}
    assert (ROOT / "docs/settings.md").read_text() == settings_reference(found.property_settings, drivers)
