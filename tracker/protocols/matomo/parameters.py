"""Matomo parameters at closing."""

import pyarrow as pa

from tracker.columns import ops
from tracker.protocols.querystring import QueryParameters

TRIMMED = frozenset(
    {"action_name", "search", "search_cat", "e_c", "e_a", "e_n", "e_v", "c_n", "c_p", "c_t", "c_i", "cra"}
)
"""Texts that are read without white space at their ends, as Matomo does: blank ones are as good as absent."""

WHOLE = frozenset(
    {"ping", "new_visit", "ca", "bots", "search_count"} | {"pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl"}
)
"""Numbers that decide what a hit is, or that Matomo reads strictly: `1.5` and `01` are as good as absent."""


class MatomoParameters(QueryParameters):
    """Query parameters in which the text `undefined` is no value: some clients send it for all that they do not
    know. Nor is, where a whole number is expected, any other text.
    """

    def get(self, key: str) -> pa.StringArray | None:
        """The values of `key`, null where absent or `undefined`; None where no row has it."""
        values = super().get(key)
        if values is None:
            return None
        if key in TRIMMED:
            values = ops.strip(values)
        if key in WHOLE:
            values = ops.only_where(ops.matches(values, "^(0|-?[1-9][0-9]*)$"), values)
        return ops.only_where(ops.not_equal(values, "undefined"), values)
