"""Ready views: takes which tables there are, gives the questions that analysts ask most, as views of the warehouse.

One file of SQL a view. Each engine and each layout gets the same names with the same rows.
"""

from tracker.warehouse.views.views import ready_views

__all__ = ["ready_views"]
