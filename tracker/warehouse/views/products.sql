-- One row for each property, day and product: how often it was viewed, put into a cart, bought and given back.
SELECT
    d.property_id AS property_id,
    max(d.property_name) AS property_name,
    d.date AS date,
    max(d.item_id) AS item_id,
    max(d.item_name) AS item_name,
    max(d.item_brand) AS item_brand,
    max(d.item_category) AS item_category,
    CAST(count(*) FILTER (WHERE d.kind = 'view') AS BIGINT) AS views,
    CAST(count(DISTINCT CASE WHEN d.kind = 'view' THEN d.session_id END) AS BIGINT) AS view_sessions,
    CAST(count(DISTINCT CASE WHEN d.kind = 'cart' THEN d.session_id END) AS BIGINT) AS cart_sessions,
    CAST(count(*) FILTER (WHERE d.kind = 'order') AS BIGINT) AS orders,
    coalesce(sum(CASE WHEN d.kind = 'order' THEN d.quantity END), 0) AS quantity,
    CASE WHEN count(DISTINCT CASE WHEN d.amount IS NOT NULL THEN coalesce(d.currency, '') END) = 1
        THEN max(CASE WHEN d.amount IS NOT NULL THEN d.currency END) END AS currency,
    CASE WHEN count(DISTINCT CASE WHEN d.amount IS NOT NULL THEN coalesce(d.currency, '') END) < 2
        THEN coalesce(sum(CASE WHEN d.kind = 'order' THEN d.amount END), 0) END AS revenue,
    coalesce(sum(CASE WHEN d.kind = 'order' THEN d.amount_in_usd END), 0) AS revenue_in_usd,
    coalesce(sum(CASE WHEN d.kind = 'refund' THEN d.quantity END), 0) AS refunded_quantity,
    CASE WHEN count(DISTINCT CASE WHEN d.amount IS NOT NULL THEN coalesce(d.currency, '') END) < 2
        THEN coalesce(sum(CASE WHEN d.kind = 'refund' THEN d.amount END), 0) END AS refunded,
    coalesce(sum(CASE WHEN d.kind = 'refund' THEN d.amount_in_usd END), 0) AS refunded_in_usd
FROM (
    SELECT
        i.property_id AS property_id, max(i.property_name) AS property_name, i.date AS date, i.kind AS kind,
        max(i.session_id) AS session_id, max(i.currency) AS currency,
        coalesce('id:' || i.item_id, 'name:' || i.item_name) AS item_key,
        max(i.item_id) AS item_id, max(i.item_name) AS item_name, max(i.item_brand) AS item_brand,
        max(i.item_category) AS item_category,
        sum(i.quantity) AS quantity, sum(i.amount) AS amount, sum(i.amount_in_usd) AS amount_in_usd
    FROM (
        SELECT
            l.event_id AS event_id, l.property_id AS property_id, l.property_name AS property_name, l.date AS date,
            l.session_id AS session_id, l.currency AS currency, l.kind AS kind,
            l.item.item_id AS item_id, l.item.item_name AS item_name, l.item.item_brand AS item_brand,
            l.item.item_category AS item_category, l.item.quantity AS quantity,
            CASE WHEN l.kind = 'refund' THEN l.item.item_refund ELSE l.item.item_revenue END AS amount,
            CASE WHEN l.kind = 'refund' THEN l.item.item_refund_in_usd ELSE l.item.item_revenue_in_usd END
                AS amount_in_usd
        FROM (
            SELECT
                e.id AS event_id, e.property_id AS property_id, e.property_name AS property_name,
                e.date_local AS date, e.session_id AS session_id, e.ecommerce_currency AS currency,
                CASE WHEN e.name = 'view_item' THEN 'view' ELSE 'cart' END AS kind,
                $unnest(e.ecommerce_items) AS item
            FROM $events AS e
            WHERE e.name IN ('view_item', 'add_to_cart', 'ecommerce_cart_update')
                AND NOT coalesce(e.is_consent_update, false)
            UNION ALL
            SELECT
                o.event_id, o.property_id, o.property_name, o.date, o.session_id, o.currency, o.kind,
                $unnest(o.items) AS item
            FROM $order_events AS o
            WHERE o.kind <> 'repeat'
        ) AS l
        UNION ALL
        SELECT
            e.id, e.property_id, e.property_name, e.date_local, e.session_id, e.ecommerce_currency, 'view',
            e.params_product_sku, e.params_product_name, NULL, e.params_product_category_1, NULL, NULL, NULL
        FROM $events AS e
        WHERE e.is_product_view
    ) AS i
    GROUP BY i.property_id, i.date, i.kind, i.event_id, coalesce('id:' || i.item_id, 'name:' || i.item_name)
) AS d
GROUP BY d.property_id, d.date, d.item_key
