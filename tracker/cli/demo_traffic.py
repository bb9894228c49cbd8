"""Made-up visitors of three sites with a shop each, as the requests their tags would send. Same seed, same requests.

Two sites have the GA4 tag (one sends events one by one, one in batches), one the Matomo tag (live by GET, and the days
before as a bulk import). Now and then a robot comes by.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote, urlencode

TOKEN = "demo-token-of-the-matomo-site-00"  # noqa: S105 - protects nothing: the demo's own folder, on loopback
DAYS = 6
"""Days before today that have visits."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to send."""

    path: str
    """With its query."""
    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hits: int = 1


@dataclass(frozen=True, slots=True)
class Site:
    """A site that is tracked."""

    id: str
    name: str
    host: str
    currency: str
    products: tuple[tuple[str, str, float], ...]


_SINGLE, _BATCHED = "G-DEMO000001", "G-DEMO000002"
"""The site whose tag sends events one by one, and the one that sends batches."""
SITES = (
    Site(_SINGLE, "Bike shop", "bikes.example", "EUR",
         (("B-1", "City bike", 649.0), ("B-2", "Bell", 12.5), ("B-3", "Repair kit", 24.9))),
    Site(_BATCHED, "Tea house", "tea.example", "USD",
         (("T-1", "Green tea", 8.4), ("T-2", "Teapot", 39.0), ("T-3", "Tea ~ set", 59.0))),
    Site("1", "Bookshop", "books.example", "EUR",
         (("K-1", "Atlas", 45.0), ("K-2", "Cookbook", 29.9), ("K-3", "Poems", 14.0))),
)  # fmt: skip
_CAMPAIGNS = (
    "", "", "", "",
    "utm_source=newsletter&utm_medium=email&utm_campaign=spring",
    "utm_source=instagram&utm_medium=social&utm_campaign=launch",
    "utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCQdemo",
)  # fmt: skip
_REFERRERS = (
    "", "", "https://www.google.com/", "https://duckduckgo.com/", "https://news.ycombinator.com/item?id=1",
    "https://blog.example/review",
)  # fmt: skip
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile "
    "Safari/537.36",
)
_ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_LANGUAGES = ("en-us", "de-de", "fr-fr", "vi-vn", "pt-br")
_SCREENS = ("1920x1080", "1440x900", "390x844", "412x915")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a visitor does."""

    name: str
    path: str
    title: str
    after: int
    """Seconds since the step before."""
    product: tuple[str, str, float] | None = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit, before it is said in some tag's words."""

    site: Site
    client: int
    steps: tuple[Step, ...]
    campaign: str
    referrer: str
    browser: str
    language: str
    screen: str
    is_first: bool

    def location(self, index: int) -> str:
        """URL of a step's page; campaigns stand on the first."""
        step = self.steps[index]
        campaign = f"?{self.campaign}" if self.campaign and index == 0 else ""
        return f"https://{self.site.host}{step.path}{campaign}"

    def came_from(self, index: int) -> str:
        """The page before, or what brought the visitor."""
        return self.location(index - 1) if index else self.referrer


def properties_toml() -> str:
    """The `[properties.ID]` sections of the three sites."""
    return "\n".join(
        f'[properties.{site.id}]\nname = "{site.name}"\ncurrency = "{site.currency}"\ndomains = ["{site.host}"]\n'
        + (f'tokens = ["{TOKEN}"]\n' if site.id == SITES[-1].id else "")
        for site in SITES
    )


def visits(visitors: int, now: dt.datetime, seed: int = 1) -> Iterator[list[Request]]:
    """What each of `visitors` people, and of a few robots, sends, in that order. `now` is UTC."""
    random = Random(seed)  # noqa: S311 - made-up visitors keep no secret
    for number in range(visitors):
        visit = _visit(random, random.choices(SITES, weights=(4, 3, 5))[0], number)
        if visit.site.id == _SINGLE:
            yield _ga4_single(visit, now)
        elif visit.site.id == _BATCHED:
            yield [_ga4_batch(visit, now)]
        elif random.random() < 0.4:
            yield _matomo_live(visit)
        else:
            before = dt.timedelta(days=random.randint(1, DAYS), minutes=random.randint(0, 600))
            yield [_matomo_import(visit, now - before)]
    for number in range(visitors // 20):
        yield _matomo_live(_visit(random, SITES[-1], visitors + number), _ROBOT)


def _visit(random: Random, site: Site, number: int) -> Visit:
    steps = [Step("page_view", "/", f"{site.name}: welcome", 0)]
    for _ in range(random.choice((0, 0, 1, 1, 2, 3, 5))):
        product = random.choice(site.products)
        path = f"/products/{product[0].lower()}"
        steps.append(Step("page_view", path, product[1], random.randint(4, 90)))
        steps.append(Step("view_item", path, product[1], 0, product))
        if random.random() < 0.35:
            steps.append(Step("add_to_cart", path, product[1], random.randint(2, 30), product))
    bought = [step.product for step in steps if step.name == "add_to_cart"]
    if bought and random.random() < 0.6:
        steps.append(Step("page_view", "/thanks", "Thank you", random.randint(20, 120)))
        steps.append(Step("purchase", "/thanks", "Thank you", 0, bought[-1], f"{site.id}-{number}"))
    return Visit(
        site=site,
        client=random.getrandbits(63),
        steps=tuple(steps),
        campaign=random.choice(_CAMPAIGNS),
        referrer=random.choice(_REFERRERS),
        browser=random.choice(_BROWSERS),
        language=random.choice(_LANGUAGES),
        screen=random.choice(_SCREENS),
        is_first=random.random() < 0.7,
    )


def _headers(visit: Visit, agent: str | None = None) -> dict[str, str]:
    return {
        "User-Agent": agent or visit.browser,
        "Accept-Language": visit.language,
        "Origin": f"https://{visit.site.host}",
        "Referer": f"https://{visit.site.host}/",
    }


def _ga4_shared(visit: Visit, now: dt.datetime) -> dict[str, str]:
    started = int(now.timestamp())
    return {
        "v": "2", "tid": visit.site.id, "gtm": "45je4730za200", "_p": str(visit.client % 2_147_483_647),
        "gcd": "13l3l3l3l1", "npa": "0", "dma": "0", "cid": f"{visit.client % 2_147_483_647}.{started}",
        "ul": visit.language, "sr": visit.screen, "cu": visit.site.currency, "sid": str(started),
        "sct": "1" if visit.is_first else "3", "seg": "1",
    }  # fmt: skip


def _ga4_event(visit: Visit, index: int) -> dict[str, str]:
    step = visit.steps[index]
    event = {"en": step.name, "dl": visit.location(index), "dr": visit.came_from(index), "dt": step.title}
    if index == 0 and visit.is_first:
        event |= {"_fv": "1", "_nsi": "1"}
    if index == 0:
        event["_ss"] = "1"
    if step.after:
        event["_et"] = str(step.after * 900)
    if step.product:
        sku, name, price = step.product
        event |= {"epn.value": f"{price}", "pr1": f"id{sku}~nm{name.replace('~', '~~')}~pr{price}~qt1"}
    if step.order:
        event["ep.transaction_id"] = step.order
    return event


def _ga4_single(visit: Visit, now: dt.datetime) -> list[Request]:
    shared = _ga4_shared(visit, now)
    queries = [
        _query({**shared, "_s": str(index + 1), **_ga4_event(visit, index), "_z": "fetch"})
        for index in range(len(visit.steps))
    ]
    return [Request(f"/g/collect?{query}", "POST", headers=_headers(visit)) for query in queries]


def _ga4_batch(visit: Visit, now: dt.datetime) -> Request:
    query = _query({**_ga4_shared(visit, now), "_s": "1"})
    lines = [_query(_ga4_event(visit, index)) for index in range(len(visit.steps))]
    headers = {**_headers(visit), "Content-Type": "text/plain;charset=UTF-8"}
    return Request(f"/g/collect?{query}", "POST", "\r\n".join(lines), headers, hits=len(lines))


def _matomo_hit(visit: Visit, index: int) -> dict[str, str]:
    step = visit.steps[index]
    hit = {
        "idsite": visit.site.id, "rec": "1", "apiv": "1", "_id": f"{visit.client:016x}", "url": visit.location(index),
        "urlref": visit.came_from(index), "res": visit.screen, "lang": visit.language, "pv_id": f"{index:06d}",
    }  # fmt: skip
    if step.name == "page_view":
        hit["action_name"] = step.title
    elif step.name == "purchase" and step.product:
        sku, name, price = step.product
        items = json.dumps([[sku, name, "", price, 1]])
        hit |= {"idgoal": "0", "ec_id": step.order, "revenue": f"{price}", "ec_items": items}
    else:
        hit |= {"e_c": "shop", "e_a": step.name, "e_n": step.title}
    return hit


def _matomo_live(visit: Visit, agent: str | None = None) -> list[Request]:
    return [
        Request(f"/matomo.php?{_query(_matomo_hit(visit, index))}", headers=_headers(visit, agent))
        for index in range(len(visit.steps))
    ]


def _matomo_import(visit: Visit, at: dt.datetime) -> Request:
    entries = []
    for index in range(len(visit.steps)):
        at += dt.timedelta(seconds=1)  # the demo's sessions end after two seconds, by their own time too
        hit = {**_matomo_hit(visit, index), "ua": visit.browser, "cdt": at.strftime("%Y-%m-%d %H:%M:%S")}
        entries.append(f"?{_query(hit)}")
    body = json.dumps({"requests": entries, "token_auth": TOKEN})
    return Request("/matomo.php", "POST", body, {"Content-Type": "application/json"}, hits=len(entries))


def _query(values: Mapping[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="~")
