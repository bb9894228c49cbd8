-- One row for each event about an order: the order as it was sent first, repeats of it, and refunds.
SELECT
    o.id AS event_id,
    o.order_key AS order_key,
    CASE WHEN NOT o.is_order THEN 'refund' WHEN o.place = 1 THEN 'order' ELSE 'repeat' END AS kind,
    o.property_id AS property_id,
    o.property_name AS property_name,
    o.date_local AS date,
    o.timestamp_utc AS timestamp_utc,
    o.transaction_id AS transaction_id,
    o.tracking_protocol AS tracking_protocol,
    o.client_id AS client_id,
    o.person_user_id AS person_user_id,
    o.person_id AS person_id,
    o.session_id AS session_id,
    o.channel_group AS channel_group,
    o.source AS source,
    o.medium AS medium,
    o.campaign AS campaign,
    o.quantity AS quantity,
    o.products AS products,
    o.items AS items,
    o.order_currency AS order_currency,
    CASE WHEN o.is_order THEN o.currency ELSE coalesce(o.currency, o.order_currency) END AS currency,
    o.revenue AS revenue,
    o.tax AS tax,
    o.shipping AS shipping,
    o.refunded AS refunded,
    o.revenue_in_usd AS revenue_in_usd,
    o.tax_in_usd AS tax_in_usd,
    o.shipping_in_usd AS shipping_in_usd,
    o.refunded_in_usd AS refunded_in_usd
FROM (
    SELECT
        p.*,
        max(CASE WHEN p.is_order AND p.place = 1 THEN p.currency END) OVER (
            PARTITION BY p.property_id, p.order_key
        ) AS order_currency
    FROM (
        SELECT
            k.*,
            row_number() OVER (
                PARTITION BY k.property_id, k.order_key, k.is_order
                ORDER BY k.timestamp_utc, k.log_partition, k.log_offset
            ) AS place
        FROM (
            SELECT
                e.id AS id,
                e.property_id AS property_id,
                e.property_name AS property_name,
                e.date_local AS date_local,
                e.timestamp_utc AS timestamp_utc,
                e.log_partition AS log_partition,
                e.log_offset AS log_offset,
                e.tracking_protocol AS tracking_protocol,
                e.client_id AS client_id,
                e.person_user_id AS person_user_id,
                e.person_id AS person_id,
                e.session_id AS session_id,
                e.session_channel_group AS channel_group,
                e.session_source AS source,
                e.session_medium AS medium,
                e.session_campaign AS campaign,
                e.params_transaction_id AS transaction_id,
                coalesce('order:' || e.params_transaction_id, 'event:' || e.id) AS order_key,
                coalesce(e.is_purchase, false) AS is_order,
                e.ecommerce_items_total_quantity AS quantity,
                e.ecommerce_unique_items AS products,
                e.ecommerce_items AS items,
                e.ecommerce_currency AS currency,
                e.ecommerce_purchase_revenue AS revenue,
                e.ecommerce_tax_value AS tax,
                e.ecommerce_shipping_value AS shipping,
                e.ecommerce_refund_value AS refunded,
                e.ecommerce_purchase_revenue_in_usd AS revenue_in_usd,
                e.ecommerce_tax_value_in_usd AS tax_in_usd,
                e.ecommerce_shipping_value_in_usd AS shipping_in_usd,
                e.ecommerce_refund_value_in_usd AS refunded_in_usd
            FROM $person_events AS e
            WHERE e.is_purchase OR e.name = 'refund' OR e.ecommerce_refund_value IS NOT NULL
        ) AS k
    ) AS p
) AS o
