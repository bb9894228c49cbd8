-- sink main (duckdb, data/tracker.duckdb)
-- pre: additions
ALTER TABLE "events" ADD COLUMN IF NOT EXISTS "page_title" VARCHAR;
ALTER TABLE "events" ADD COLUMN IF NOT EXISTS "session_entry_page_path" VARCHAR;
ALTER TABLE "events" ADD COLUMN IF NOT EXISTS "params"."element"."value_number" DOUBLE;
-- post: the end
CREATE OR REPLACE VIEW "funnel" AS
SELECT
    d.property_id AS property_id,
    d.property_name AS property_name,
    d.date AS date,
    CAST(t.step_number AS BIGINT) AS step_number,
    t.step AS step,
    d.counts[t.step_number] AS sessions,
    d.counts[t.step_number] / nullif(d.counts[1], 0) AS share_of_sessions,
    CASE WHEN t.step_number > 1 THEN d.counts[t.step_number] / nullif(d.counts[t.step_number - 1], 0) END
        AS share_of_previous_step
FROM (
    SELECT
        s.property_id AS property_id,
        max(s.property_name) AS property_name,
        s.session_date_local AS date,
        [
            CAST(count(*) AS BIGINT),
            CAST(count(*) FILTER (WHERE p.path LIKE '%v%') AS BIGINT),
            CAST(count(*) FILTER (WHERE p.path LIKE '%v%a%') AS BIGINT),
            CAST(count(*) FILTER (WHERE p.path LIKE '%v%a%c%') AS BIGINT),
            CAST(count(*) FILTER (WHERE p.path LIKE '%v%a%c%p%') AS BIGINT)
        ] AS counts
    FROM "sessions" AS s
    LEFT JOIN (
        SELECT
            e.session_id AS session_id,
            string_agg(e.letter, '' ORDER BY e.timestamp_utc, e.event_number, e.log_partition, e.log_offset) AS path
        FROM (
            SELECT
                w.session_id AS session_id,
                w.timestamp_utc AS timestamp_utc, w.event_number AS event_number, w.log_partition AS log_partition,
                w.log_offset AS log_offset,
                CASE
                    WHEN w.name = 'ecommerce_order' THEN 'cp'
                    WHEN w.is_purchase THEN 'p'
                    WHEN w.name = 'begin_checkout' THEN 'c'
                    WHEN w.name IN ('add_to_cart', 'ecommerce_cart_update') THEN 'a'
                    ELSE 'v'
                END AS letter
            FROM "events" AS w
            WHERE w.session_id IS NOT NULL
                AND NOT coalesce(w.is_consent_update, false)
                AND (
                    w.is_purchase OR w.is_product_view
                    OR w.name IN ('view_item', 'add_to_cart', 'ecommerce_cart_update', 'begin_checkout')
                )
        ) AS e
        GROUP BY e.session_id
    ) AS p ON p.session_id = s.session_id
    GROUP BY s.property_id, s.session_date_local
) AS d
CROSS JOIN (
    SELECT 1 AS step_number, 'session' AS step
    UNION ALL SELECT 2, 'product_view'
    UNION ALL SELECT 3, 'add_to_cart'
    UNION ALL SELECT 4, 'checkout'
    UNION ALL SELECT 5, 'purchase'
) AS t;
COMMENT ON VIEW "funnel" IS 'One row for each property, day and step of a purchase: the sessions that came so far, each step after the one before it. [tracker 96788873]';
DROP VIEW IF EXISTS "visitors";

