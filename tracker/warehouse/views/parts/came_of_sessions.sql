-- What came of some sessions `s`: a part of views that group them.
CAST(count(*) AS BIGINT) AS sessions,
    CAST(count(DISTINCT s.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE s.session_is_engaged) AS BIGINT) AS engaged_sessions,
    count(*) FILTER (WHERE s.session_is_engaged) / nullif(count(*), 0) AS engagement_rate,
    CAST(count(*) FILTER (WHERE s.session_is_bounced) AS BIGINT) AS bounced_sessions,
    count(*) FILTER (WHERE s.session_is_bounced) / nullif(count(*), 0) AS bounce_rate,
    CAST(coalesce(sum(s.session_total_page_views), 0) AS BIGINT) AS page_views,
    sum(s.session_total_page_views) / nullif(count(*), 0) AS pages_per_session,
    sum(s.session_duration) / nullif(count(*), 0) AS average_session_duration,
    CAST(coalesce(sum(s.session_total_key_events), 0) AS BIGINT) AS key_events,
    CAST(sum(s.orders) AS BIGINT) AS orders,
    CASE
        WHEN min(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END)
            = max(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END) THEN max(s.order_currency)
    END AS currency,
    CASE
        WHEN max(s.order_currencies) < 2
            AND coalesce(min(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END), '')
            = coalesce(max(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END), '')
            THEN coalesce(sum(s.order_revenue), 0)
    END AS revenue,
    coalesce(sum(s.order_revenue_in_usd), 0) AS revenue_in_usd
