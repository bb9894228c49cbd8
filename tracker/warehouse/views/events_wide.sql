-- One row for each event, with every column there is; those of its session stand on each of its events. On events outside of sessions they are null, and lists empty.
SELECT
    $joined_columns
FROM $events AS e
$join_of_sessions
