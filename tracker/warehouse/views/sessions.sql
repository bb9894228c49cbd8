-- One row for each session, with all session columns: whose it was, where and when it began, and what came of it.
SELECT
    $session_columns
FROM $session_rows AS s
WHERE $begins_session
    AND (s.log_partition, s.log_offset) IN (
        SELECT min((f.log_partition, f.log_offset)) FROM $session_rows AS f WHERE $begins_session GROUP BY $session_key
    )
