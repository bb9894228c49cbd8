"""What would keep the tracker from starting is found before it starts."""

from pathlib import Path

import pytest

from tracker.cli.checks import data_files, data_folder, partitions, plugins_and_properties, ports, problems
from tracker.config import Properties, PropertySettings, Settings
from tracker.errors import Problems

JOINING = PropertySettings.model_validate({"join_by_user_id": True, "join_by_stamp": "cookieless"})
ALONE = PropertySettings.model_validate({"join_by_user_id": False, "join_by_stamp": "off"})


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def test_the_defaults_have_no_problem(tmp_path: Path) -> None:
    """One command, no settings."""
    assert problems(settings(data=tmp_path / "new")) == []


def test_nothing_is_written_by_looking(tmp_path: Path) -> None:
    """A check makes no data folder."""
    problems(settings(data=tmp_path / "new"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    """The file that is in the way is named."""
    (tmp_path / "file").touch()
    assert data_folder(settings(data=tmp_path / "file/data")) == [
        f"the data folder {tmp_path}/file/data cannot be: {tmp_path}/file is a file"
    ]


def test_a_data_folder_that_cannot_be_written() -> None:
    """The system's reason is told."""
    assert str(data_folder(settings(data="/proc/data"))[0]).startswith("the data folder /proc/data cannot be written: ")


def test_two_servers_need_two_ports() -> None:
    """Hits and administration on one port would wait for each other for ever."""
    assert len(ports(settings(receiver={"port": 80, "admin_port": 80}))) == 1


def test_free_ports_differ_by_themselves() -> None:
    """0 and 0 are two ports."""
    assert ports(settings(receiver={"port": 0, "admin_port": 0})) == []


def test_plugins_that_do_not_load_are_told(tmp_path: Path) -> None:
    """With the plugin's name."""
    (tmp_path / "mine.py").write_text("import nothing_of_that_name")
    assert "mine" in str(plugins_and_properties(settings(plugins_dir=tmp_path))[0])


def test_data_files_are_checked(tmp_path: Path) -> None:
    """A file of exchange rates that is missing, and no other."""
    chosen = settings(data=tmp_path / "data", currency={"rates_file": tmp_path / "none.csv"})
    assert ["none.csv" in str(problem) for problem in problems(chosen)] == [True]
    assert data_files(settings()) == []


def test_properties_are_checked() -> None:
    """Every mistake of every section."""
    found = plugins_and_properties(settings(properties={"1": {"curency": "EUR"}, "2": {"time_zone": "Mars"}}))
    assert ["curency" in str(found[0]), "Mars" in str(found[1]), len(found)] == [True, True, 2]


def test_warehouses_are_checked() -> None:
    """An unknown kind, and an unknown key of a known one."""
    found = plugins_and_properties(settings(warehouse={"sinks": {"a": {"driver": "duckbd"}, "b": {"pth": "x"}}}))
    assert ["duckdb" in str(found[0]), "pth" in str(found[1]), len(found)] == [True, True, 2]


@pytest.mark.parametrize(
    ("log", "default", "count"),
    [
        ({"partitions": 1}, JOINING, 0),
        ({"partitions": 2}, JOINING, 1),
        ({"partitions": 2, "partition_by": "property"}, JOINING, 0),
        ({"partitions": 2}, ALONE, 0),
    ],
)
def test_partitions_by_client_join_nobody(log: dict[str, object], default: PropertySettings, count: int) -> None:
    """Clients in different logs cannot be one visitor."""
    assert len(partitions(settings(log=log), Properties({}, default))) == count


def test_one_property_that_joins_is_named() -> None:
    """The section to change stands in the sentence, and what it joins by."""
    found = partitions(settings(log={"partitions": 2}), Properties({"G-1": JOINING}, ALONE))
    assert [str(problem).partition(",")[0] for problem in found] == [
        "[properties.G-1] joins clients by user id and stamp"
    ]


def test_problems_print_as_one() -> None:
    """`serve` refuses with all of them."""
    assert str(Problems(["a", "b"])) == "2 problems:\n- a\n- b"
