"""How `/mp/collect` and `/debug/mp/collect` answer."""

from dataclasses import asdict
from typing import Final

import orjson

from tracker.model import RawRequest, Reply, Result
from tracker.protocols.ga4 import reply as browser
from tracker.protocols.ga4.mp.validation import validate

DEBUG_PATH: Final = "/debug/mp/collect"


def is_debug(request: RawRequest) -> bool:
    """True where the sender only asks what GA4 would object to: nothing of it may be stored."""
    return request.path.endswith(DEBUG_PATH)


def reply(request: RawRequest, result: Result) -> Reply:
    """204 whatever became of the events, as Google answers: the sender could only send the same again. At the address
    that checks, 200 and what was found.
    """
    plain = browser.reply(request, Result(result.accepted, (), result.problem))
    if result.problem or not is_debug(request):
        return plain
    content = {"validationMessages": [asdict(message) for message in validate(request)]}
    return Reply(200, orjson.dumps(content), {**plain.headers, "Content-Type": "application/json"})
