"""Matomo parameters at closing."""

import pyarrow as pa

from tracker.columns import ops
from tracker.protocols.querystring import QueryParameters


class MatomoParameters(QueryParameters):
    """Query parameters in which the text `undefined` is no value: some clients send it for all that they do not
    know.
    """

    def get(self, key: str) -> pa.StringArray | None:
        """The values of `key`, null where absent or `undefined`; None where no row has it."""
        values = super().get(key)
        return None if values is None else ops.only_where(ops.not_equal(values, "undefined"), values)
