"""Lets these tests import the plugins beside them by name, as the tests of an installed plugin would."""

import sys
from pathlib import Path
from typing import Any

import pytest

PLUGINS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PLUGINS))


@pytest.fixture
def settings() -> dict[str, Any]:
    """A tracker with the plugins of this folder."""
    return {"plugins_dir": PLUGINS, "columns": {"visitor_region": "language"}}
