"""Drives PyPI's matomopy: everything it can track, one request each, then some in one bulk request."""

import json
import sys
import time
from typing import Any

from matomopy import MatomoTracker
from matomopy.exceptions import MatomoHTTPError

address, token = sys.argv[1:]
statuses: list[int] = []


def note(answer: Any) -> None:
    """Keep what an answer's status was."""
    statuses.append(answer.status_code)


client = MatomoTracker(address, 9, token_auth=token, user_agent="Agent/1.0", accept_language="fr-FR,fr;q=0.8")
client.set_visitor_id("0123456789abcdef").set_user_id("user-9").set_ip("198.51.100.7").set_resolution(1920, 1080)
client.set_url("https://shop.example/tea").set_url_referrer("https://search.example/").set_custom_dimension(2, "gold")
note(client.track_page_view("Thé vert & 100 %", url="https://shop.example/tea?mtm_campaign=spring"))
note(client.track_event("Video", "Play", "Intro", 7.5))
note(client.track_goal(3, revenue=12.5))
note(client.track_site_search("cup", "Kitchen", 0))
note(client.track_action("https://elsewhere.example/", "link"))
note(client.track_action("https://shop.example/list.pdf", "download"))
note(client.track_content_impression("Banner", "tea.png", "https://shop.example/tea"))
note(client.track_content_interaction("click", "Banner", "tea.png"))
cart = [{"sku": "S-1", "name": "Green tea", "category": "Drinks", "price": 10, "quantity": 2}, ["S-2", "Cup"]]
note(client.track_ecommerce_cart_update(20, cart))
note(client.track_ecommerce_order("O-1", 42.5, sub_total=35, tax=3.5, shipping=4, discount=0, items=cart))
note(client.track_ping())

past = MatomoTracker(address, 9, token_auth=token)
old = int(time.time()) - 10 * 86400
past.set_visitor_id("aaaaaaaaaaaaaaaa").set_custom_timestamp(old)
note(past.track_page_view("Ten days ago", url="https://shop.example/old"))

try:
    MatomoTracker(address, 9).set_visitor_id("bbbbbbbbbbbbbbbb").set_custom_timestamp(old).track_page_view("Forged")
    refused = None
except MatomoHTTPError as error:
    refused = error.status_code

bulk = MatomoTracker(address, 9).set_visitor_id("cccccccccccccccc").enable_bulk_tracking()
bulk.track_page_view("One", url="https://shop.example/1")
bulk.set_force_new_visit().track_page_view("Two", url="https://shop.example/2")
bulk.track_event("Bulk", "Three")
bulk.set_custom_timestamp(old).track_page_view("Forged in bulk")
told = bulk.flush()

sys.stdout.write(json.dumps({"statuses": statuses, "refused": refused, "old": old, "bulk": told}))
