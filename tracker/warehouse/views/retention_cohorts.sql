-- One row for each property, week of first visits and later week: how many of the visitors that were first seen in the one came again in the other. Weeks begin on Monday.
SELECT
    g.property_id AS property_id,
    g.property_name AS property_name,
    $monday_zero + CAST(7 * g.cohort AS INTEGER) AS cohort,
    $monday_zero + CAST(7 * g.shown AS INTEGER) AS week,
    CAST(g.shown - g.cohort AS BIGINT) AS week_number,
    g.cohort_visitors AS cohort_visitors,
    CAST(CASE WHEN g.shown = g.week THEN g.visitors ELSE 0 END AS BIGINT) AS visitors,
    CASE WHEN g.shown = g.week THEN g.visitors ELSE 0 END / nullif(g.cohort_visitors, 0) AS share
FROM (
    SELECT
        n.property_id AS property_id, n.property_name AS property_name, n.cohort AS cohort, n.week AS week,
        n.visitors AS visitors, n.cohort_visitors AS cohort_visitors,
        $unnest(range(n.week, n.next_week)) AS shown
    FROM (
        SELECT
            c.property_id AS property_id, c.cohort AS cohort, c.week AS week, c.visitors AS visitors,
            max(c.property_name) OVER (PARTITION BY c.property_id) AS property_name,
            CAST(max(CASE WHEN c.week = c.cohort THEN c.visitors END) OVER (
                PARTITION BY c.property_id, c.cohort) AS BIGINT) AS cohort_visitors,
            coalesce(
                nullif(lead(c.week, 1, 0) OVER (PARTITION BY c.property_id, c.cohort ORDER BY c.week), 0),
                max(c.week) OVER (PARTITION BY c.property_id) + 1
            ) AS next_week
        FROM (
            SELECT
                w.property_id AS property_id, max(w.property_name) AS property_name, w.cohort AS cohort,
                w.week AS week, CAST(count(*) AS BIGINT) AS visitors
            FROM (
                SELECT
                    v.property_id AS property_id, v.property_name AS property_name, v.week AS week,
                    min(v.week) OVER (PARTITION BY v.property_id, v.person_id) AS cohort
                FROM (
                    SELECT
                        e.property_id AS property_id, max(e.property_name) AS property_name, e.person_id AS person_id,
                        CAST(floor(date_diff('day', $monday_zero, e.date_local) / 7) AS INTEGER) AS week
                    FROM $person_events AS e
                    GROUP BY
                        e.property_id, e.person_id,
                        CAST(floor(date_diff('day', $monday_zero, e.date_local) / 7) AS INTEGER)
                ) AS v
            ) AS w
            GROUP BY w.property_id, w.cohort, w.week
        ) AS c
    ) AS n
) AS g
