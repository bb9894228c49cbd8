"""Videos and sounds: the reports of a player. All reports of one play carry the same asset id."""

from functools import partial

from tracker.columns import Bool, Int64, String, param
from tracker.protocols.matomo.columns import MATOMO

text = partial(param, type=String, protocol=MATOMO, stored=True)
whole = partial(param, type=Int64, protocol=MATOMO, stored=True)

params_media_asset_id = text("ma_id", doc="Id of one play (or of one that was only seen): all its reports carry it.")
params_media_type = text("ma_mt", doc="Kind of medium: video or audio.")
params_media_title = text("ma_ti", doc="Title of the medium.")
params_media_url = text("ma_re", doc="Where the medium is.")
params_media_player = text("ma_pn", doc="Name of the player.")
params_media_seconds_played = whole(
    "ma_st", doc="Seconds played so far, of all reports of a play the greatest; 0 where it was only seen."
)
params_media_length = whole("ma_le", doc="Length of the medium in seconds.")
params_media_position = whole("ma_ps", doc="Second of the medium that was reached.")
params_media_seconds_to_play = whole("ma_ttp", doc="Seconds from seeing the medium to playing it.")
params_media_width = whole("ma_w", doc="Width of the medium in pixels.")
params_media_height = whole("ma_h", doc="Height of the medium in pixels.")
params_media_fullscreen = param(
    "ma_fs", type=Bool, protocol=MATOMO, stored=True, doc="True where it filled the screen."
)
params_media_positions = text("ma_se", doc="Seconds of the medium that were played, as the player lists them.")
