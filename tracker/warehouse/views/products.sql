-- One row for each property, day and product: how often it was viewed, put into a cart, bought and given back.
SELECT
    d.property_id AS property_id,
    max(d.property_name) AS property_name,
    d.date AS date,
    max(d.item_id) AS item_id,
    max(d.item_name) AS item_name,
    max(d.item_brand) AS item_brand,
    max(d.item_category) AS item_category,
    CAST(sum(CASE WHEN d.kind = 'view' THEN d.times ELSE 0 END) AS BIGINT) AS views,
    CAST(count(*) FILTER (WHERE d.kind = 'view' AND d.whole IS NOT NULL) AS BIGINT) AS view_sessions,
    CAST(count(*) FILTER (WHERE d.kind = 'cart' AND d.whole IS NOT NULL) AS BIGINT) AS cart_sessions,
    CAST(count(*) FILTER (WHERE d.kind = 'order') AS BIGINT) AS orders,
    coalesce(sum(CASE WHEN d.kind = 'order' THEN d.quantity END), 0) AS quantity,
    CASE WHEN min(d.first_paid_in) = max(d.last_paid_in) THEN nullif(max(d.last_paid_in), '') END AS currency,
    CASE WHEN coalesce(min(d.first_paid_in), '') = coalesce(max(d.last_paid_in), '') THEN coalesce(sum(d.revenue), 0) END
        AS revenue,
    coalesce(sum(d.revenue_in_usd), 0) AS revenue_in_usd,
    coalesce(sum(CASE WHEN d.kind = 'refund' THEN d.quantity END), 0) AS refunded_quantity,
    CASE WHEN coalesce(min(d.first_paid_in), '') = coalesce(max(d.last_paid_in), '') THEN coalesce(sum(d.refunded), 0) END
        AS refunded,
    coalesce(sum(d.refunded_in_usd), 0) AS refunded_in_usd
FROM (
    SELECT
        i.property_id AS property_id, max(i.property_name) AS property_name, i.date AS date, i.item_key AS item_key,
        i.kind AS kind, i.whole AS whole, count(*) AS times,
        max(i.item_id) AS item_id, max(i.item_name) AS item_name, max(i.item_brand) AS item_brand,
        max(i.item_category) AS item_category, sum(i.quantity) AS quantity,
        min(i.paid_in) AS first_paid_in, max(i.paid_in) AS last_paid_in,
        sum(i.revenue) AS revenue, sum(i.revenue_in_usd) AS revenue_in_usd,
        sum(i.refunded) AS refunded, sum(i.refunded_in_usd) AS refunded_in_usd
    FROM (
        SELECT
            l.property_id AS property_id, l.property_name AS property_name, l.date AS date,
            l.kind AS kind, CASE WHEN l.kind = 'order' THEN l.event_id ELSE l.session_id END AS whole,
            coalesce('id:' || l.item.item_id, 'name:' || l.item.item_name) AS item_key,
            l.item.item_id AS item_id, l.item.item_name AS item_name, l.item.item_brand AS item_brand,
            l.item.item_category AS item_category, l.item.quantity AS quantity,
            CASE WHEN coalesce(l.item.item_revenue, l.item.item_refund) IS NOT NULL THEN coalesce(l.currency, '') END
                AS paid_in,
            l.item.item_revenue AS revenue,
            l.item.item_revenue_in_usd AS revenue_in_usd,
            l.item.item_refund AS refunded,
            l.item.item_refund_in_usd AS refunded_in_usd
        FROM (
            SELECT
                e.id AS event_id, e.property_id AS property_id, e.property_name AS property_name, e.date_local AS date,
                e.session_id AS session_id, e.ecommerce_currency AS currency,
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
            e.property_id, e.property_name, e.date_local, 'view', e.session_id,
            coalesce('id:' || e.params_product_sku, 'name:' || e.params_product_name),
            e.params_product_sku, e.params_product_name, NULL, e.params_product_category_1,
            NULL, NULL, NULL, NULL, NULL, NULL
        FROM $events AS e
        WHERE e.is_product_view
    ) AS i
    GROUP BY i.property_id, i.date, i.item_key, i.kind, i.whole
) AS d
GROUP BY d.property_id, d.date, d.item_key
