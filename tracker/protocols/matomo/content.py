"""Content blocks: what was shown, and what was done with it."""

from tracker.columns import String, param
from tracker.protocols.matomo.columns import MATOMO

params_content_name = param("c_n", type=String, protocol=MATOMO, stored=True, doc="The content block's name.")
params_content_piece = param(
    "c_p", type=String, protocol=MATOMO, stored=True, doc="What the block shows: an image's address, a text."
)
params_content_target = param("c_t", type=String, protocol=MATOMO, stored=True, doc="Where the block leads.")
params_content_interaction = param(
    "c_i", type=String, protocol=MATOMO, stored=True, doc="What was done with the block: click, submit, ..."
)
