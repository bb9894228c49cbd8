"""`tracker audit`, where the sum is not right."""

import duckdb
import pytest

from tests.cli.past import Past
from tracker.cli import main


def test_what_to_do_about_lost_rows(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where rows are gone the way to have them back is named."""
    past = Past(tmp_path_factory.mktemp("past")).configure()
    past.live(range(2))
    with duckdb.connect(past.data / "tracker.duckdb") as connection:
        connection.execute("DELETE FROM shop_events")
        connection.execute("DELETE FROM events")
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--data", str(past.data), "--config", str(past.config)])
    assert ended.value.code == 1
    assert "`tracker rebuild`" in capsys.readouterr().err
