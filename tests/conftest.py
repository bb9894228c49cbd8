"""What tests of several folders share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def chdb_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the ClickHouse engine, of which a process can have one; tests use databases of their own."""
    pytest.importorskip("chdb", reason="chDB is not installed")
    return tmp_path_factory.mktemp("chdb")
