"""What tests of several folders share."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.warehouse.chdb_server import ChdbServer


@pytest.fixture(scope="session")
def chdb_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the ClickHouse engine, of which a process can have one; tests use databases of their own."""
    pytest.importorskip("chdb", reason="chDB is not installed")
    return tmp_path_factory.mktemp("chdb")


@pytest.fixture(scope="session")
def clickhouse_process(chdb_folder: Path) -> Iterator["ChdbServer"]:
    """The same engine behind ClickHouse's HTTP interface."""
    from tests.warehouse.chdb_server import ChdbServer

    server = ChdbServer(chdb_folder)
    yield server
    server.close()


@pytest.fixture
def clickhouse(clickhouse_process: "ChdbServer") -> Iterator["ChdbServer"]:
    """A ClickHouse server in good order, which a test may upset."""
    clickhouse_process.disarm()
    yield clickhouse_process
    clickhouse_process.disarm()
