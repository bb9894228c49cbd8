-- One row for each stretch of time in which a client belonged to a user: from the moment the user id was seen on it until another one was. A client that only ever had one user belonged to them before, too.
SELECT
    c.property_id AS property_id,
    c.client_id AS client_id,
    c.user_id AS user_id,
    CASE
        WHEN count(*) OVER (PARTITION BY c.property_id, c.client_id) = 1 THEN $distant_past
        ELSE c.timestamp_utc
    END AS since,
    lead(c.timestamp_utc, 1, $distant_future) OVER (
        PARTITION BY c.property_id, c.client_id ORDER BY c.timestamp_utc, c.log_partition, c.log_offset
    ) AS until
FROM (
    SELECT
        e.property_id AS property_id,
        e.client_id AS client_id,
        e.user_id AS user_id,
        e.timestamp_utc AS timestamp_utc,
        e.log_partition AS log_partition,
        e.log_offset AS log_offset,
        lag(e.user_id) OVER (
            PARTITION BY e.property_id, e.client_id ORDER BY e.timestamp_utc, e.log_partition, e.log_offset
        ) AS user_before
    FROM $events AS e
    WHERE e.user_id IS NOT NULL
) AS c
WHERE c.user_before IS NULL OR c.user_before <> c.user_id
