"""What the ready views should say, worked out of the rows by hand: from what docs/views.md says, not from SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tracker.warehouse.sessions import SESSION_KEYS

Row = dict[str, Any]
Rows = list[Row]
PAST, FUTURE = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)


class Known:
    """The rows of a table of events, looked at in the ways that views do."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.counted = [row for row in rows if not row["is_consent_update"]]
        self.sessions = self._sessions()
        self.logins = self._logins()
        self.purchases, self.refunds = self._purchases(), [r for r in self.counted if r["name"] == "refund"]

    def _sessions(self) -> Rows:
        """Of each session the first row of the log that has event number 0."""
        found: dict[str, Row] = {}
        for row in sorted(self.rows, key=_place):
            if row["session_id"] is not None and row["event_number"] == 0:
                found.setdefault(row["session_id"], row)
        return list(found.values())

    def _logins(self) -> dict[tuple[str, str], Rows]:
        found: dict[tuple[str, str], Rows] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: (row["timestamp_utc"], *_place(row))):
            if row["user_id"]:
                found[row["property_id"], row["client_id"]].append(row)
        return found

    def user(self, row: Row) -> str | None:
        """Whose row it is: who was logged in, else who was last on the client, else its only user."""
        of_session = row["session_id"] is not None
        named = row["session_user_id"] if of_session else row["user_id"]
        if named:
            return str(named)
        client = row["session_client_id"] if of_session else row["client_id"]
        at = row["session_first_event_time"] if of_session else row["timestamp_utc"]
        logins = self.logins.get((row["property_id"], client), [])
        before = [login["user_id"] for login in logins if login["timestamp_utc"] <= at]
        if before:
            return str(before[-1])
        only = {login["user_id"] for login in logins}
        return str(only.pop()) if len(only) == 1 else None

    def person(self, row: Row) -> str:
        """The person a row belongs to."""
        user = self.user(row)
        client = row["session_client_id"] if row["session_id"] is not None else row["client_id"]
        return f"user:{user}" if user else f"client:{client}"

    def _purchases(self) -> dict[tuple[str, str], Rows]:
        found: dict[tuple[str, str], Rows] = defaultdict(list)
        for row in sorted(self.counted, key=lambda row: (row["timestamp_utc"], *_place(row))):
            if row["is_purchase"]:
                found[row["property_id"], row["params_transaction_id"] or f"event {row['id']}"].append(row)
        return found

    @property
    def orders(self) -> Rows:
        """The first sending of each order."""
        return [sent[0] for sent in self.purchases.values()]

    def order_of(self, refund: Row) -> Row | None:
        """The order that a refund is of."""
        sent = self.purchases.get((refund["property_id"], refund["params_transaction_id"]))
        return sent[0] if sent else None

    def refund_currency(self, refund: Row) -> str | None:
        """The refund's own, else that of its order."""
        order = self.order_of(refund)
        own: str | None = refund["ecommerce_currency"]
        return own or (order["ecommerce_currency"] if order else None)


def sessions(known: Known) -> Rows:
    """Keys and session columns."""
    return [_of_session(row) for row in known.sessions]


def _of_session(row: Row) -> Row:
    of_event = ("session_hit_number", "session_page_number", "session_is_entry_page", "session_is_exit_page")
    names = [name for name in row if name.startswith("session_") and name not in of_event]
    return {name: row[name] for name in (*SESSION_KEYS, *names)}


def client_users(known: Known) -> Rows:
    """Each change of the user of a client."""
    found = []
    for (property_id, client), logins in known.logins.items():
        users = [login["user_id"] for login in logins]
        for place, login in enumerate(logins):
            if place and users[place - 1] == users[place]:
                continue
            others = [one for one in logins[place:] if one["user_id"] != login["user_id"]]
            found.append({
                "property_id": property_id, "client_id": client, "user_id": login["user_id"],
                "since": login["timestamp_utc"] if len(set(users)) > 1 else PAST,
                "until": others[0]["timestamp_utc"] if others else FUTURE,
            })  # fmt: skip
    return found


def person_events(known: Known) -> Rows:
    """Every event but what was sent again after consent."""
    return [row | {"person_id": known.person(row), "person_user_id": known.user(row)} for row in known.counted]


def person_sessions(known: Known) -> Rows:
    """Sessions with their orders."""
    return [
        _of_session(row)
        | {"person_id": known.person(row), "person_user_id": known.user(row)}
        | _bought(known, row["session_id"])
        for row in known.sessions
    ]


def _bought(known: Known, session_id: str) -> Row:
    own = [order for order in known.orders if order["session_id"] == session_id]
    money = _money(own)
    return {
        "orders": money["orders"],
        "order_currencies": len({order["ecommerce_currency"] for order in own}),
        "order_currency": money["currency"],
        "order_revenue": money["revenue"] if money["orders"] else None,
        "order_revenue_in_usd": money["revenue_in_usd"] if money["orders"] else None,
    }


def _money(orders: Rows) -> Row:
    """What orders brought: in their currency where it is one, and in dollars."""
    currencies = sorted({order["ecommerce_currency"] or "" for order in orders})
    return {
        "orders": len(orders),
        "currency": (currencies[0] or None) if len(currencies) == 1 else None,
        "revenue": None if len(currencies) > 1 else _sum(orders, "ecommerce_purchase_revenue"),
        "revenue_in_usd": _sum(orders, "ecommerce_purchase_revenue_in_usd"),
    }


def session_history(known: Known) -> Rows:
    """Each session among those of its person."""
    people: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in known.sessions:
        people[row["property_id"], known.person(row)].append(row)
    found = []
    for (_, person), own in people.items():
        own.sort(key=lambda row: (row["session_first_event_time"], row["session_id"]))
        for place, row in enumerate(own):
            earlier = [one for one in own[: place + 1] if one["session_source"] != "(direct)"]
            touch = earlier[-1] if earlier else row
            days = row["session_date_local"]
            found.append({
                "session_id": row["session_id"], "property_id": row["property_id"], "person_id": person,
                "user_id": known.user(row), "client_id": row["client_id"], "date": days,
                "began_at": row["timestamp_utc"], "session_number": place + 1, "is_new": place == 0,
                "is_returning": place > 0, "is_latest": place == len(own) - 1,
                "days_since_previous": (days - own[place - 1]["session_date_local"]).days if place else None,
                "days_since_first": (days - own[0]["session_date_local"]).days,
                "tracking_protocol": row["tracking_protocol"], "landing_page": row["session_entry_page_path"],
                "exit_page": row["session_exit_page_path"], "device_category": row["session_device_category"],
                "country": row["session_geo_country"], "bot_score": row["session_bot_score"],
                "duration": row["session_duration"], "events": row["session_total_events"],
                "key_events": row["session_total_key_events"], "is_bounced": row["session_is_bounced"],
                "page_views": row["session_total_page_views"], "is_engaged": row["session_is_engaged"],
                **_source(row, ""), **_source(own[0], "first_touch_"), **_source(touch, "last_non_direct_"),
                **_renamed(_bought(known, row["session_id"])),
            })  # fmt: skip
    return found


def _renamed(bought: Row) -> Row:
    return {name.removeprefix("order_"): value for name, value in bought.items()}


def _source(row: Row, prefix: str) -> Row:
    return {f"{prefix}{name}": row[f"session_{name}"] for name in ("channel_group", "source", "medium", "campaign")}


def people(known: Known) -> Rows:
    """All that is known of each person."""
    history = session_history(known)
    found = []
    for (property_id, person), events in _by(known.counted, lambda r: (r["property_id"], known.person(r))).items():
        own = [row for row in history if row["property_id"] == property_id and row["person_id"] == person]
        first, last = (own[0], own[-1]) if own else ({}, {})
        bought = [o for o in known.orders if o["property_id"] == property_id and known.person(o) == person]
        user = person.removeprefix("user:") if person.startswith("user:") else None
        found.append({
            "property_id": property_id, "person_id": person, "kind": person.split(":")[0], "user_id": user,
            "clients": _distinct(events, "client_id"), "first_seen": min(e["timestamp_utc"] for e in events),
            "last_seen": max(e["timestamp_utc"] for e in events), "first_date": min(e["date_local"] for e in events),
            "last_date": max(e["date_local"] for e in events), "events": len(events),
            "page_views": _count(events, "is_page_view"), "key_events": _count(events, "is_key_event"),
            "sessions": len(own), "engaged_sessions": _count(own, "is_engaged"),
            **{f"first_{n}": first.get(n) for n in ("channel_group", "source", "medium", "campaign", "landing_page")},
            **{f"last_{n}": last.get(n) for n in ("channel_group", "source", "medium", "campaign")},
            **{f"last_{n}": last.get(n) for n in ("device_category", "country")},
            **_money(bought),
        })  # fmt: skip
    return found


def daily_traffic(known: Known) -> Rows:
    """A day of a property."""
    first: dict[tuple[str, str], date] = {}
    for row in known.counted:
        key = row["property_id"], known.person(row)
        first[key] = min(first.get(key, row["date_local"]), row["date_local"])
    found = []
    for (property_id, day), events in _by(known.counted, lambda r: (r["property_id"], r["date_local"])).items():
        visitors = {known.person(row) for row in events}
        new = {person for person in visitors if first[property_id, person] == day}
        own = [r for r in known.sessions if (r["property_id"], r["session_date_local"]) == (property_id, day)]
        orders = [o for o in known.orders if (o["property_id"], o["date_local"]) == (property_id, day)]
        found.append({
            "property_id": property_id, "date": day, "visitors": len(visitors), "new_visitors": len(new),
            "returning_visitors": len(visitors - new), "clients": _distinct(events, "client_id"),
            "sessions": len(own), "engaged_sessions": _count(own, "session_is_engaged"),
            "bounced_sessions": _count(own, "session_is_bounced"), "events": len(events),
            "page_views": _count(events, "is_page_view"), "key_events": _count(events, "is_key_event"),
            "pages_per_session": _rate(_sum(own, "session_total_page_views"), len(own)),
            "average_session_duration": _rate(_sum(own, "session_duration"), len(own)),
            **_money(orders),
        })  # fmt: skip
    return found


def _of_sessions(known: Known, own: Rows) -> Row:
    ids = {row["session_id"] for row in own}
    return {
        "sessions": len(own), "visitors": len({known.person(row) for row in own}),
        "engaged_sessions": _count(own, "session_is_engaged"),
        "engagement_rate": _rate(_count(own, "session_is_engaged"), len(own)),
        "bounced_sessions": _count(own, "session_is_bounced"),
        "bounce_rate": _rate(_count(own, "session_is_bounced"), len(own)),
        "page_views": _sum(own, "session_total_page_views"),
        "pages_per_session": _rate(_sum(own, "session_total_page_views"), len(own)),
        "average_session_duration": _rate(_sum(own, "session_duration"), len(own)),
        "key_events": _sum(own, "session_total_key_events"),
        **_money([order for order in known.orders if order["session_id"] in ids]),
    }  # fmt: skip


def channels(known: Known) -> Rows:
    """Sessions of a day by where they came from."""
    names = ("session_channel_group", "session_source", "session_medium", "session_campaign")
    groups = _by(known.sessions, lambda r: (r["property_id"], r["session_date_local"], *(r[n] for n in names)))
    keys = ("property_id", "date", "channel_group", "source", "medium", "campaign")
    return [dict(zip(keys, key, strict=True)) | _of_sessions(known, own) for key, own in groups.items()]


def landing_pages(known: Known) -> Rows:
    """Sessions of a day by their first page."""
    groups = _by(known.sessions, lambda r: (r["property_id"], r["session_date_local"], r["session_entry_page_path"]))
    keys = ("property_id", "date", "landing_page")
    return [dict(zip(keys, key, strict=True)) | _of_sessions(known, own) for key, own in groups.items()]


def exit_pages(known: Known) -> Rows:
    """Sessions of a day by their last page."""
    found = []
    groups = _by(known.sessions, lambda r: (r["property_id"], r["session_date_local"], r["session_exit_page_path"]))
    for (property_id, day, path), own in groups.items():
        views = [
            row for row in known.counted
            if row["is_page_view"] and row["session_id"] is not None
            and (row["property_id"], row["session_date_local"], row["page_path"]) == (property_id, day, path)
        ]  # fmt: skip
        found.append({
            "property_id": property_id, "date": day, "exit_page": path, "exits": len(own),
            "visitors": len({known.person(row) for row in own}), "bounced_sessions": _count(own, "session_is_bounced"),
            "views": len(views), "exit_rate": _rate(len(own), len(views)),
        })  # fmt: skip
    return found


def page_paths(known: Known) -> Rows:
    """Views of a page on a day."""
    found = []
    views = [row for row in known.counted if row["is_page_view"]]
    for key, own in _by(views, lambda r: (r["property_id"], r["date_local"], r["page_path"])).items():
        entries, exits = _count(own, "session_is_entry_page"), _count(own, "session_is_exit_page")
        found.append({
            "property_id": key[0], "date": key[1], "page_path": key[2], "views": len(own),
            "sessions": _distinct(own, "session_id"), "visitors": len({known.person(row) for row in own}),
            "entries": entries, "exits": exits, "bounces": _count(own, "page_is_bounce"),
            "exit_rate": _rate(exits, len(own)), "bounce_rate": _rate(_count(own, "page_is_bounce"), entries),
            "time_on_page": _sum(own, "time_on_page"),
            "average_time_on_page": _rate(_sum(own, "time_on_page"), len(own)),
        })  # fmt: skip
    return found


def event_counts(known: Known) -> Rows:
    """Events of a name on a day."""
    return [
        {
            "property_id": key[0], "date": key[1], "event_name": key[2], "events": len(own),
            "sessions": _distinct(own, "session_id"), "visitors": len({known.person(row) for row in own}),
            "key_events": _count(own, "is_key_event"),
        }
        for key, own in _by(known.counted, lambda r: (r["property_id"], r["date_local"], r["name"])).items()
    ]  # fmt: skip


def engagement(known: Known) -> Rows:
    """Attention that the sessions of a day got."""
    found = []
    for key, own in _by(known.sessions, lambda r: (r["property_id"], r["session_date_local"])).items():
        visitors = len({known.person(row) for row in own})
        seconds = _sum(own, "session_engagement_time_ms") / 1000
        keyed = sum(row["session_total_key_events"] > 0 for row in own)
        found.append({
            "property_id": key[0], "date": key[1], "sessions": len(own), "visitors": visitors,
            "sessions_per_visitor": len(own) / visitors, "engaged_sessions": _count(own, "session_is_engaged"),
            "engagement_rate": _count(own, "session_is_engaged") / len(own), "engagement_time": seconds,
            "engagement_time_per_session": seconds / len(own), "engagement_time_per_visitor": seconds / visitors,
            "bounced_sessions": _count(own, "session_is_bounced"),
            "bounce_rate": _count(own, "session_is_bounced") / len(own),
            "bounce_rate_ga4": _count(own, "session_is_bounced_ga4") / len(own),
            "bounce_rate_matomo": _count(own, "session_is_bounced_matomo") / len(own),
            "pages_per_session": _sum(own, "session_total_page_views") / len(own),
            "events_per_session": _sum(own, "session_total_events") / len(own),
            "average_session_duration": _sum(own, "session_duration") / len(own),
            "key_event_sessions": keyed, "key_event_rate": keyed / len(own),
        })  # fmt: skip
    return found


def orders(known: Known) -> Rows:
    """Each order once, with what was given back of it."""
    found = []
    for (property_id, _), sent in known.purchases.items():
        first = sent[0]
        own = [r for r in known.refunds if r["property_id"] == property_id and known.order_of(r) is first]
        same = [r for r in own if known.refund_currency(r) == first["ecommerce_currency"]]
        revenue, usd = first["ecommerce_purchase_revenue"], first["ecommerce_purchase_revenue_in_usd"]
        in_usd = None if _without_usd(own, "refund_value") else _sum(own, "ecommerce_refund_value_in_usd")
        found.append({
            "event_id": first["id"], "property_id": property_id, "date": first["date_local"],
            "transaction_id": first["params_transaction_id"], "ordered_at": first["timestamp_utc"],
            "session_id": first["session_id"], "client_id": first["client_id"], "user_id": known.user(first),
            "person_id": known.person(first), **_source(first, ""), "times_sent": len(sent),
            "quantity": first["ecommerce_items_total_quantity"], "products": first["ecommerce_unique_items"],
            "tracking_protocol": first["tracking_protocol"], "tax_in_usd": first["ecommerce_tax_value_in_usd"],
            "shipping_in_usd": first["ecommerce_shipping_value_in_usd"],
            "currency": first["ecommerce_currency"], "revenue": revenue, "tax": first["ecommerce_tax_value"],
            "shipping": first["ecommerce_shipping_value"], "refunds": len(own),
            "refunded": _sum(same, "ecommerce_refund_value"),
            "net_revenue": None if revenue is None else revenue - _sum(same, "ecommerce_refund_value"),
            "revenue_in_usd": usd, "refunded_in_usd": in_usd,
            "net_revenue_in_usd": None if None in (usd, in_usd) else usd - in_usd,
        })  # fmt: skip
    return found


def revenue_by_day(known: Known) -> Rows:
    """Orders and refunds of a day, each currency by itself."""
    bought = _by(known.orders, lambda r: (r["property_id"], r["date_local"], r["ecommerce_currency"]))
    given = _by(known.refunds, lambda r: (r["property_id"], r["date_local"], known.refund_currency(r)))
    found = []
    for key in bought.keys() | given.keys():
        own, back = bought.get(key, []), given.get(key, [])
        revenue, refunded = _sum(own, "ecommerce_purchase_revenue"), _sum(back, "ecommerce_refund_value")
        usd, back_usd = _sum(own, "ecommerce_purchase_revenue_in_usd"), _sum(back, "ecommerce_refund_value_in_usd")
        priced = [row for row in own if row["ecommerce_purchase_revenue"] is not None]
        unknown = _without_usd(own, "purchase_revenue") + _without_usd(back, "refund_value")
        found.append({
            "property_id": key[0], "date": key[1], "currency": key[2], "orders": len(own),
            "customers": len({known.person(row) for row in own}),
            "quantity": _sum(own, "ecommerce_items_total_quantity"),
            "revenue": revenue, "tax": _sum(own, "ecommerce_tax_value"),
            "shipping": _sum(own, "ecommerce_shipping_value"),
            "refunds": len(back), "refunded": refunded, "net_revenue": revenue - refunded,
            "average_order_value": _rate(revenue, len(priced)), "revenue_in_usd": usd, "refunded_in_usd": back_usd,
            "net_revenue_in_usd": usd - back_usd, "amounts_without_usd": unknown,
        })  # fmt: skip
    return found


def products(known: Known) -> Rows:
    """What became of each product on a day."""
    lines: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    orders = {row["id"] for row in known.orders}
    for row in known.counted:
        for kind, item in _items(row, orders):
            lines[row["property_id"], row["date_local"], item["item_id"] or item["item_name"]].append(
                {"kind": kind, "row": row, **item}
            )
    return [{"property_id": key[0], "date": key[1], "item_id": key[2]} | _product(own) for key, own in lines.items()]


def _items(row: Row, orders: set[str]) -> Iterable[tuple[str, Row]]:
    """The products of an event, and what happened to them."""
    if row["is_product_view"]:
        sku, name = row["params_product_sku"], row["params_product_name"]
        category = row["params_product_category_1"]
        yield (
            "view",
            {"item_id": sku, "item_name": name, "item_brand": None, "item_category": category, "quantity": None},
        )
    kinds = {"view_item": "view", "add_to_cart": "cart", "ecommerce_cart_update": "cart", "refund": "refund"}
    kind = kinds.get(row["name"], "order" if row["id"] in orders else "")
    yield from ((kind, item) for item in row["ecommerce_items"] if kind)


ITEM = ("item_name", "item_brand", "item_category")


def _product(lines: Sequence[Row]) -> Row:
    of = {kind: [line for line in lines if line["kind"] == kind] for kind in ("view", "cart", "order", "refund")}
    paid = [line for line in of["order"] + of["refund"] if _amount(line) is not None]
    currencies = {line["row"]["ecommerce_currency"] for line in paid}
    one = len(currencies) < 2
    return {
        **{name: max((line[name] for line in lines if line[name]), default=None) for name in ITEM},
        "views": len({line["row"]["id"] for line in of["view"]}),
        "view_sessions": len({line["row"]["session_id"] for line in of["view"]}),
        "cart_sessions": len({line["row"]["session_id"] for line in of["cart"]}),
        "orders": len({line["row"]["id"] for line in of["order"]}),
        "quantity": _sum(of["order"], "quantity"),
        "currency": next(iter(currencies)) if len(currencies) == 1 else None,
        "revenue": _sum(of["order"], "item_revenue") if one else None,
        "revenue_in_usd": _sum(of["order"], "item_revenue_in_usd"),
        "refunded_quantity": _sum(of["refund"], "quantity"),
        "refunded": _sum(of["refund"], "item_refund") if one else None,
        "refunded_in_usd": _sum(of["refund"], "item_refund_in_usd"),
    }


def _amount(line: Row) -> float | None:
    amount: float | None = line["item_refund" if line["kind"] == "refund" else "item_revenue"]
    return amount


STEPS = ("session", "product_view", "add_to_cart", "checkout", "purchase")


def funnel(known: Known) -> Rows:
    """How far the sessions of a day came."""
    events = _by([row for row in known.counted if row["session_id"]], lambda r: r["session_id"])
    found = []
    for (property_id, day), own in _by(known.sessions, lambda r: (r["property_id"], r["session_date_local"])).items():
        reached = [_steps(events[row["session_id"]]) for row in own]
        counts = [sum(steps >= number for steps in reached) for number in range(1, 6)]
        for place, step in enumerate(STEPS):
            found.append({
                "property_id": property_id, "date": day, "step_number": place + 1, "step": step,
                "sessions": counts[place], "share_of_sessions": _rate(counts[place], counts[0]),
                "share_of_previous_step": _rate(counts[place], counts[place - 1]) if place else None,
            })  # fmt: skip
    return found


def _steps(events: Rows) -> int:
    """The number of the last step that a session came to, one after the other."""
    reached = 1
    for row in sorted(events, key=lambda r: (r["timestamp_utc"], r["event_number"], *_place(r))):
        name = row["name"]
        for step in (
            {2} if name == "view_item" or row["is_product_view"] else set(),
            {3} if name in ("add_to_cart", "ecommerce_cart_update") else set(),
            {4} if name in ("begin_checkout", "ecommerce_order") else set(),
            {5} if row["is_purchase"] else set(),
        ):
            if reached + 1 in step:
                reached += 1
    return reached


def retention_cohorts(known: Known) -> Rows:
    """Who came again, week by week."""
    found = []
    for property_id, events in _by(known.counted, lambda r: r["property_id"]).items():
        weeks: dict[str, set[date]] = defaultdict(set)
        for row in events:
            weeks[known.person(row)].add(row["date_local"] - timedelta(days=row["date_local"].weekday()))
        last = max(max(seen) for seen in weeks.values())
        for cohort in {min(seen) for seen in weeks.values()}:
            members = [seen for seen in weeks.values() if min(seen) == cohort]
            for number in range((last - cohort).days // 7 + 1):
                week = cohort + timedelta(weeks=number)
                active = sum(week in seen for seen in members)
                found.append({
                    "property_id": property_id, "cohort": cohort, "week": week, "week_number": number,
                    "cohort_visitors": len(members), "visitors": active, "share": active / len(members),
                })  # fmt: skip
    return found


VIEWS: Mapping[str, tuple[Callable[[Known], Rows], tuple[str, ...]]] = {
    "sessions": (sessions, ("session_id",)),
    "client_users": (client_users, ("property_id", "client_id", "user_id", "until")),
    "person_events": (person_events, ("log_offset",)),
    "person_sessions": (person_sessions, ("session_id",)),
    "session_history": (session_history, ("session_id",)),
    "people": (people, ("property_id", "person_id")),
    "daily_traffic": (daily_traffic, ("property_id", "date")),
    "channels": (channels, ("property_id", "date", "channel_group", "source", "medium", "campaign")),
    "landing_pages": (landing_pages, ("property_id", "date", "landing_page")),
    "exit_pages": (exit_pages, ("property_id", "date", "exit_page")),
    "page_paths": (page_paths, ("property_id", "date", "page_path")),
    "event_counts": (event_counts, ("property_id", "date", "event_name")),
    "engagement": (engagement, ("property_id", "date")),
    "orders": (orders, ("event_id",)),
    "revenue_by_day": (revenue_by_day, ("property_id", "date", "currency")),
    "products": (products, ("property_id", "date", "item_id")),
    "funnel": (funnel, ("property_id", "date", "step_number")),
    "retention_cohorts": (retention_cohorts, ("property_id", "cohort", "week")),
}
"""Name of a view -> what it should say, and the columns that tell its rows apart."""


def _place(row: Row) -> tuple[int, int]:
    return row["log_partition"], row["log_offset"]


def _by(rows: Rows, key: Callable[[Row], Any]) -> dict[Any, Rows]:
    found: dict[Any, Rows] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _sum(rows: Sequence[Row], name: str) -> Any:
    return sum(row[name] for row in rows if row[name] is not None)


def _count(rows: Rows, name: str) -> int:
    return sum(bool(row[name]) for row in rows)


def _distinct(rows: Rows, name: str) -> int:
    return len({row[name] for row in rows if row[name] is not None})


def _without_usd(rows: Rows, amount: str) -> int:
    """How many amounts have no value in dollars."""
    known = [row for row in rows if row[f"ecommerce_{amount}"] is not None]
    return sum(row[f"ecommerce_{amount}_in_usd"] is None for row in known)


def _rate(part: float, whole: float) -> float | None:
    return part / whole if whole else None
