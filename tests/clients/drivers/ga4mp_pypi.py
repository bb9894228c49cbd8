"""Drives PyPI's ga4mp: events of a website's server and of an app, sent at once, later, and for a time that is past."""

import datetime
import json
import sys
import time
import urllib.request
from typing import Any, cast

from ga4mp import FirebaseMP, GtagMP

address, secret, app_id = sys.argv[1:]
WEB_CLIENT, APP_INSTANCE = "1234567890.1700000000", "0123456789abcdef0123456789abcdef"
answers: list[tuple[int, str]] = []
open_url = urllib.request.urlopen


def remembering(*request: Any) -> Any:
    """What the client opens URLs with: it keeps the answers, which the client tells nobody."""
    with open_url(*request) as answer:
        answers.append((answer.status, answer.read().decode()))
        return answer


urllib.request.urlopen = cast(Any, remembering)


def aimed(client: Any) -> Any:
    """`client` sends to the tracker under test."""
    client._base_domain, client._validation_domain = f"{address}/mp/collect", f"{address}/debug/mp/collect"
    return client


def web(client_id: str = WEB_CLIENT, key: str = secret) -> Any:
    """A website's server that speaks for one visitor."""
    return aimed(GtagMP(key, measurement_id="G-SERVER", client_id=client_id))


def order(client: Any) -> Any:
    """A purchase of two items."""
    event = client.create_new_event("purchase")
    event.set_event_param("currency", "USD")
    event.set_event_param("value", 31.5)
    event.set_event_param("transaction_id", "P-1")
    event.set_event_param("coupon", "TEN")
    event.set_event_param("tax", 1.5)
    event.set_event_param("shipping", 0)
    event.set_event_param("engagement_time_msec", 300)
    for item_id, name, price, quantity in (("S-1", "Tea ~ leaves", 10.5, 2), ("S-2", "Cup", 9, 1)):
        item = event.create_new_item(item_id, name)
        item.set_parameter("price", price)
        item.set_parameter("quantity", quantity)
        item.set_parameter("item_category", "Kitchen")
        item.set_parameter("color", "green")
        event.add_item_to_event(item)
    return event


def page(client: Any) -> Any:
    """A page view with parameters of every sort."""
    event = client.create_new_event("page_view")
    event.set_event_param("page_location", "https://shop.example/tea?utm_source=news")
    event.set_event_param("page_title", "Tee für alle")
    event.set_event_param("page_referrer", "https://search.example/")
    event.set_event_param("engagement_time_msec", 1200)
    event.set_event_param("text", "ü & +")
    event.set_event_param("count", 3)
    event.set_event_param("flag", True)
    return event


client = web()
client.store.set_user_property("plan", "gold")
client.store.set_user_property("visits", 8)
client.store.set_user_property("user_id", "user-7")
client.send([page(client), order(client)])

twenty_seven = web("27.1700000000")
twenty_seven.send([{"name": f"step_{number}", "params": {}} for number in range(27)])

past = web("48.1700000000")
yesterday = datetime.datetime.now().replace(microsecond=0) - datetime.timedelta(hours=20)  # noqa: DTZ005 - it asks for no zone
past.send([{"name": "yesterday", "params": {}}], date=yesterday)
long_ago = yesterday - datetime.timedelta(days=10)
past.send([{"name": "long_ago", "params": {}}], date=long_ago)

later = web("30.1700000000")
before = time.time()
later.send([{"name": "first", "params": {"note": "a"}}, {"name": "second", "params": {}}], postpone=True)
after = time.time()
later.postponed_send()

web(key="wrong").send([{"name": "intruder", "params": {}}])

app = aimed(FirebaseMP(secret, firebase_app_id=app_id, app_instance_id=APP_INSTANCE))
app.send([{"name": "level_up", "params": {"level": 5, "character": "Ada", "session_id": 1760000000}}])

stored = [status for status, _ in answers]
web().send([{"name": "checked", "params": {}}, {"name": "first_visit", "params": {}}], validation_hit=True)

said = {
    "session": str(client.store.get_session_parameter("session_id")),
    "yesterday": yesterday.timestamp(),
    "postponed": [before, after],
    "statuses": stored,
    "checked": [(status, json.loads(body)) for status, body in answers[len(stored) :]],
}
sys.stdout.write(json.dumps(said))
