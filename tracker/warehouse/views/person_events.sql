-- One row for each event that counts (what a consent change sent again does not), with the person it belongs to and the columns that the other views go by. All events of a session belong to one person.
SELECT
    e.id AS id,
    e.property_id AS property_id,
    e.property_name AS property_name,
    e.tracking_protocol AS tracking_protocol,
    e.client_id AS client_id,
    e.session_id AS session_id,
    e.event_number AS event_number,
    e.timestamp_utc AS timestamp_utc,
    e.date_utc AS date_utc,
    e.date_local AS date_local,
    e.log_partition AS log_partition,
    e.log_offset AS log_offset,
    e.name AS name,
    e.page_path AS page_path,
    e.is_page_view AS is_page_view,
    e.is_key_event AS is_key_event,
    e.is_purchase AS is_purchase,
    e.session_is_entry_page AS session_is_entry_page,
    e.session_is_exit_page AS session_is_exit_page,
    e.page_is_bounce AS page_is_bounce,
    e.time_on_page AS time_on_page,
    e.params_transaction_id AS params_transaction_id,
    e.ecommerce_currency AS ecommerce_currency,
    e.ecommerce_purchase_revenue AS ecommerce_purchase_revenue,
    e.ecommerce_purchase_revenue_in_usd AS ecommerce_purchase_revenue_in_usd,
    e.ecommerce_tax_value AS ecommerce_tax_value,
    e.ecommerce_tax_value_in_usd AS ecommerce_tax_value_in_usd,
    e.ecommerce_shipping_value AS ecommerce_shipping_value,
    e.ecommerce_shipping_value_in_usd AS ecommerce_shipping_value_in_usd,
    e.ecommerce_refund_value AS ecommerce_refund_value,
    e.ecommerce_refund_value_in_usd AS ecommerce_refund_value_in_usd,
    e.ecommerce_items AS ecommerce_items,
    e.ecommerce_items_total_quantity AS ecommerce_items_total_quantity,
    e.ecommerce_unique_items AS ecommerce_unique_items,
    e.bot_score AS bot_score,
    e.session_bot_score AS session_bot_score,
    e.session_channel_group AS session_channel_group,
    e.session_source AS session_source,
    e.session_medium AS session_medium,
    e.session_campaign AS session_campaign,
    coalesce(e.session_user_id, e.user_id, u.user_id) AS person_user_id,
    coalesce(
        'user:' || coalesce(e.session_user_id, e.user_id, u.user_id),
        'client:' || coalesce(e.session_client_id, e.client_id)
    ) AS person_id
FROM $every_event AS e
LEFT JOIN $client_users AS u
    ON u.property_id = e.property_id
    AND u.client_id = coalesce(e.session_client_id, e.client_id)
    AND u.since <= coalesce(e.session_first_event_time, e.timestamp_utc)
    AND u.until > coalesce(e.session_first_event_time, e.timestamp_utc)
WHERE NOT coalesce(e.is_consent_update, false)
