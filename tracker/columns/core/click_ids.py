"""Click ids: what advertising networks and others put into the links that they show, by `data/click_ids.csv`."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote_plus

from tracker.columns.core.referrers import DATA
from tracker.columns.core.url import fragment_query, parts


@dataclass(frozen=True, slots=True)
class Click:
    """What a click id says of its link."""

    source: str
    medium: str
    is_paid: bool
    """Whether the id is given to advertisements only."""


@cache
def click_ids() -> Mapping[str, Click]:
    """The known click ids by name, in the order in which they count."""
    with (DATA / "click_ids.csv").open(encoding="utf-8", newline="") as file:
        return {
            line["name"]: Click(line["source"], line["medium"], line["is_paid"] == "yes")
            for line in csv.DictReader(file)
        }


def click_id_of(url: str) -> tuple[str, str] | None:
    """Name and value of the first known click id, in the order of the list, in a URL's query or else its fragment."""
    known, endings = _search()
    if not any(ending in url for ending in endings):
        return None
    _, query, fragment = parts(url)
    found: dict[str, str] = {}
    for text in (query, fragment_query(fragment)):
        for name, value in known.findall(text or ""):
            found.setdefault(name, unquote_plus(value))
    return next(((name, found[name]) for name in click_ids() if name in found), None)


@cache
def _search() -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Finds the ids in a query; and the ends of their names, which most URLs have none of: looked for first."""
    names = click_ids()
    endings = dict.fromkeys(f"{name[-2:]}=" for name in names)
    return re.compile(rf"(?:^|&)({'|'.join(map(re.escape, names))})=([^&]+)"), tuple(endings)
