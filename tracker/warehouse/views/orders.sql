-- One row for each order, however often it was sent: the first sending of a transaction id counts. An order without an id is one by itself.
SELECT
    o.property_id AS property_id,
    o.property_name AS property_name,
    o.date AS date,
    o.timestamp_utc AS ordered_at,
    o.transaction_id AS transaction_id,
    o.event_id AS event_id,
    o.session_id AS session_id,
    o.tracking_protocol AS tracking_protocol,
    o.client_id AS client_id,
    o.person_user_id AS user_id,
    o.person_id AS person_id,
    o.channel_group AS channel_group,
    o.source AS source,
    o.medium AS medium,
    o.campaign AS campaign,
    o.times_sent AS times_sent,
    coalesce(o.products, 0) AS products,
    coalesce(o.quantity, 0) AS quantity,
    o.currency AS currency,
    o.revenue AS revenue,
    o.tax AS tax,
    o.shipping AS shipping,
    o.refunds AS refunds,
    o.all_refunded AS refunded,
    o.revenue - o.all_refunded AS net_revenue,
    o.revenue_in_usd AS revenue_in_usd,
    o.tax_in_usd AS tax_in_usd,
    o.shipping_in_usd AS shipping_in_usd,
    CASE WHEN o.refunds_without_usd = 0 THEN o.all_refunded_in_usd END AS refunded_in_usd,
    CASE WHEN o.refunds_without_usd = 0 THEN o.revenue_in_usd - o.all_refunded_in_usd END AS net_revenue_in_usd
FROM (
    SELECT
        e.*,
        CAST(sum(CASE WHEN e.kind <> 'refund' THEN 1 ELSE 0 END) OVER w AS BIGINT) AS times_sent,
        CAST(sum(CASE WHEN e.kind = 'refund' THEN 1 ELSE 0 END) OVER w AS BIGINT) AS refunds,
        coalesce(
            sum(
                CASE
                    WHEN e.kind = 'refund' AND coalesce(e.currency, '') = coalesce(e.order_currency, '') THEN e.refunded
                END
            ) OVER w, 0
        ) AS all_refunded,
        coalesce(sum(CASE WHEN e.kind = 'refund' THEN e.refunded_in_usd END) OVER w, 0) AS all_refunded_in_usd,
        sum(
            CASE
                WHEN e.kind = 'refund' AND e.refunded IS NOT NULL AND e.refunded_in_usd IS NULL THEN 1
                ELSE 0
            END
        ) OVER w AS refunds_without_usd
    FROM $order_events AS e
    WINDOW w AS (PARTITION BY e.property_id, e.order_key)
) AS o
WHERE o.kind = 'order'
