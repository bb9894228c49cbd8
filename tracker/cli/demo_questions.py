"""What the demo asks of its tables: what the owner of a site wants to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What a site owner wants to know. Left out where this tracker lacks a column it needs."""

    title: str
    needs: tuple[str, ...]
    sql: str


QUESTIONS = (
    Question(
        "Most viewed pages",
        ("page_path", "property_name"),
        "SELECT property_name AS site, page_path AS page, count(*) AS views FROM events WHERE name = 'page_view'"
        " GROUP BY ALL ORDER BY views DESC, site, page LIMIT 8",
    ),
    Question(
        "Where sessions came from",
        ("utm_source", "page_referrer"),
        """
        SELECT coalesce(campaign, nullif(regexp_extract(referrer, '^https?://([^/]+)', 1), ''), '(direct)') AS source,
               count(*) AS sessions
        FROM (SELECT first(utm_source ORDER BY timestamp_utc, log_offset) AS campaign,
                     first(page_referrer ORDER BY timestamp_utc, log_offset) AS referrer
              FROM events WHERE session_id IS NOT NULL GROUP BY session_id)
        GROUP BY ALL ORDER BY sessions DESC, source LIMIT 8""",
    ),
    Question(
        "Sessions per day",
        ("date_utc",),
        "SELECT date_utc AS day, count(DISTINCT session_id) AS sessions, count(*) AS events"
        " FROM events GROUP BY ALL ORDER BY day",
    ),
    Question(
        "Revenue",
        ("ecommerce_purchase_revenue", "property_name"),
        "SELECT property_name AS site, count(*) AS purchases, round(sum(ecommerce_purchase_revenue), 2) AS revenue"
        " FROM events WHERE ecommerce_purchase_revenue > 0 GROUP BY ALL ORDER BY site",
    ),
)
