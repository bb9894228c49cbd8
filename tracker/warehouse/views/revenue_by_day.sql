-- One row for each property, day and currency: what orders brought and what was given back on that day.
SELECT
    o.property_id AS property_id,
    max(o.property_name) AS property_name,
    o.date AS date,
    o.currency AS currency,
    CAST(count(*) FILTER (WHERE o.kind = 'order') AS BIGINT) AS orders,
    CAST(count(DISTINCT CASE WHEN o.kind = 'order' THEN o.person_id END) AS BIGINT) AS customers,
    CAST(coalesce(sum(CASE WHEN o.kind = 'order' THEN o.quantity END), 0) AS BIGINT) AS quantity,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue END), 0) AS revenue,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.tax END), 0) AS tax,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.shipping END), 0) AS shipping,
    CAST(count(*) FILTER (WHERE o.kind = 'refund') AS BIGINT) AS refunds,
    coalesce(sum(CASE WHEN o.kind = 'refund' THEN o.refunded END), 0) AS refunded,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue ELSE -o.refunded END), 0) AS net_revenue,
    sum(CASE WHEN o.kind = 'order' THEN o.revenue END)
        / nullif(count(*) FILTER (WHERE o.kind = 'order' AND o.revenue IS NOT NULL), 0) AS average_order_value,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue_in_usd END), 0) AS revenue_in_usd,
    coalesce(sum(CASE WHEN o.kind = 'refund' THEN o.refunded_in_usd END), 0) AS refunded_in_usd,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue_in_usd ELSE -o.refunded_in_usd END), 0)
        AS net_revenue_in_usd,
    CAST(count(*) FILTER (WHERE coalesce(o.revenue, o.refunded) IS NOT NULL
        AND coalesce(o.revenue_in_usd, o.refunded_in_usd) IS NULL) AS BIGINT) AS amounts_without_usd
FROM $order_events AS o
WHERE o.kind <> 'repeat'
GROUP BY o.property_id, o.date, o.currency
