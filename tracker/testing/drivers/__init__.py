"""What every warehouse driver must do, as tests to inherit. Needs pytest.

One module for each thing that is promised: tables, values, once, refusals, changes by others, readers, gaps.
"""

import pytest

_PARTS = ("base", "gaps", "once", "outside", "readers", "refusals", "tables", "values")
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _PARTS))  # a failure then says what it found

from tracker.testing.drivers.gaps import Gaps  # noqa: E402
from tracker.testing.drivers.once import Once  # noqa: E402
from tracker.testing.drivers.outside import Outside  # noqa: E402
from tracker.testing.drivers.readers import Readers  # noqa: E402
from tracker.testing.drivers.refusals import Refusals  # noqa: E402
from tracker.testing.drivers.tables import Tables  # noqa: E402
from tracker.testing.drivers.values import Values  # noqa: E402

__all__ = ["DriverContract"]


class DriverContract(Tables, Values, Once, Refusals, Outside, Gaps, Readers):
    """Inherit this, give it a `make_driver` fixture, and pytest runs the contract on your driver.

    `make_driver` returns a function that makes an unopened driver; each call within one test must lead to the same
    warehouse, which must be empty when the test begins::

        class TestAcme(DriverContract):
            @pytest.fixture
            def make_driver(self, tmp_path):
                return lambda: Acme(Acme.Settings(), tmp_path)

    The contract reads tables through `rows`, as another client through `reader`, and changes them by hand through
    `run`; override these where `Driver.query` cannot do it. A driver that cannot do something says so by setting one
    of the class attributes, and then a test proves that it cannot; its documentation should say so too.
    """
