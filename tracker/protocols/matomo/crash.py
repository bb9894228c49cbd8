"""Errors of scripts on a page."""

from functools import partial

from tracker.columns import Int64, String, param
from tracker.protocols.matomo.columns import MATOMO

text = partial(param, type=String, protocol=MATOMO, stored=True)

params_crash_message = text("cra", doc="What an error says.")
params_crash_type = text("cra_tp", doc="Kind of error: TypeError, ...")
params_crash_category = text("cra_ct", doc="Category of an error, as the site defines it.")
params_crash_stack = text("cra_st", doc="Stack trace of an error.")
params_crash_file = text("cra_ru", doc="Script that an error happened in.")
params_crash_line = param("cra_rl", type=Int64, protocol=MATOMO, stored=True, doc="Line of that script, from 1.")
params_crash_column = param("cra_rc", type=Int64, protocol=MATOMO, stored=True, doc="Place in that line.")
