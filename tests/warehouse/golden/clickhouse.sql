-- sink main (clickhouse, ClickHouse at clickhouse.example.com:8123)
-- pre: additions
CREATE DATABASE IF NOT EXISTS `tracker`;
USE `tracker`;
CREATE TABLE IF NOT EXISTS `tracker`.`tracker_cursor` (
  `partition` Int64,
  `log_id` String,
  `plan` Int64,
  `hits` Int64
)
ENGINE = ReplacingMergeTree(plan)
ORDER BY (`partition`)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 536870912, allow_nullable_key = 1;
CREATE TABLE IF NOT EXISTS `tracker`.`events` (
  `id` String,
  `property_id` LowCardinality(String),
  `client_id` String,
  `user_id` Nullable(String),
  `tracking_protocol` LowCardinality(String),
  `is_cookieless` Nullable(Bool),
  `ip_address` Nullable(String),
  `log_partition` Nullable(Int64),
  `log_offset` Nullable(Int64),
  `schema_epoch` Int64,
  `name` LowCardinality(String),
  `platform` LowCardinality(Nullable(String)),
  `is_consent_update` Nullable(Bool),
  `property_name` LowCardinality(Nullable(String)),
  `is_page_view` Nullable(Bool),
  `is_screen_view` Nullable(Bool),
  `received_at` DateTime64(6, 'UTC'),
  `ingested_at` DateTime64(6, 'UTC'),
  `timestamp_refused_reason` LowCardinality(Nullable(String)),
  `timestamp_utc` DateTime64(6, 'UTC'),
  `date_utc` Date32,
  `date_local` Nullable(Date32),
  `page_location` Nullable(String),
  `page_hostname` Nullable(String),
  `page_path` Nullable(String),
  `page_title` Nullable(String),
  `page_referrer` Nullable(String),
  `ignore_referrer` Nullable(Bool),
  `utm_source` Nullable(String),
  `utm_medium` Nullable(String),
  `utm_campaign` Nullable(String),
  `utm_term` Nullable(String),
  `utm_content` Nullable(String),
  `utm_id` Nullable(String),
  `utm_source_platform` Nullable(String),
  `utm_creative_format` Nullable(String),
  `utm_marketing_tactic` Nullable(String),
  `click_id_gclid` Nullable(String),
  `click_id_dclid` Nullable(String),
  `click_id_gbraid` Nullable(String),
  `click_id_wbraid` Nullable(String),
  `click_id_srsltid` Nullable(String),
  `click_id_fbclid` Nullable(String),
  `click_id_msclkid` Nullable(String),
  `traffic_filter_name` LowCardinality(Nullable(String)),
  `device_screen_resolution` Nullable(String),
  `device_language` LowCardinality(Nullable(String)),
  `device_category` LowCardinality(Nullable(String)),
  `device_mobile_brand_name` LowCardinality(Nullable(String)),
  `device_mobile_model_name` Nullable(String),
  `device_operating_system` LowCardinality(Nullable(String)),
  `device_operating_system_version` Nullable(String),
  `device_web_browser` LowCardinality(Nullable(String)),
  `device_web_browser_version` Nullable(String),
  `geo_city` Nullable(String),
  `geo_region` Nullable(String),
  `geo_country` LowCardinality(Nullable(String)),
  `geo_country_code` LowCardinality(Nullable(String)),
  `geo_continent` LowCardinality(Nullable(String)),
  `geo_sub_continent` LowCardinality(Nullable(String)),
  `geo_metro` Nullable(String),
  `geo_latitude` Nullable(Float64),
  `geo_longitude` Nullable(Float64),
  `geo_asn` Nullable(Int64),
  `bot_score` Nullable(Int64),
  `bot_reasons` Array(Nullable(String)),
  `session_bot_score` Nullable(Int64),
  `is_purchase` Nullable(Bool),
  `ecommerce_currency` LowCardinality(Nullable(String)),
  `ecommerce_refund_value` Nullable(Float64),
  `ecommerce_shipping_value` Nullable(Float64),
  `ecommerce_tax_value` Nullable(Float64),
  `params_transaction_id` Nullable(String),
  `ecommerce_purchase_revenue` Nullable(Float64),
  `ecommerce_purchase_revenue_in_usd` Nullable(Float64),
  `ecommerce_refund_value_in_usd` Nullable(Float64),
  `ecommerce_shipping_value_in_usd` Nullable(Float64),
  `ecommerce_tax_value_in_usd` Nullable(Float64),
  `session_revenue` Nullable(Float64),
  `session_revenue_in_usd` Nullable(Float64),
  `ecommerce_items` Array(Tuple(`item_id` Nullable(String), `item_name` Nullable(String), `affiliation` Nullable(String), `coupon` Nullable(String), `discount` Nullable(Float64), `index` Nullable(Float64), `item_brand` Nullable(String), `item_category` Nullable(String), `item_category2` Nullable(String), `item_category3` Nullable(String), `item_category4` Nullable(String), `item_category5` Nullable(String), `item_list_id` Nullable(String), `item_list_name` Nullable(String), `item_variant` Nullable(String), `location_id` Nullable(String), `price` Nullable(Float64), `price_in_usd` Nullable(Float64), `quantity` Nullable(Float64), `item_refund` Nullable(Float64), `item_refund_in_usd` Nullable(Float64), `item_revenue` Nullable(Float64), `item_revenue_in_usd` Nullable(Float64), `promotion_id` Nullable(String), `promotion_name` Nullable(String), `creative_name` Nullable(String), `creative_slot` Nullable(String), `custom` Array(Tuple(`name` Nullable(String), `value` Nullable(String))))),
  `ecommerce_items_total_quantity` Nullable(Int64),
  `ecommerce_unique_items` Nullable(Int64),
  `is_key_event` Nullable(Bool),
  `session_id` Nullable(String),
  `session_split_cause` LowCardinality(Nullable(String)),
  `session_joined_by` LowCardinality(Nullable(String)),
  `session_client_id` Nullable(String),
  `session_user_id` Nullable(String),
  `session_first_event_time` Nullable(DateTime64(6, 'UTC')),
  `session_last_event_time` Nullable(DateTime64(6, 'UTC')),
  `session_duration` Nullable(Int64),
  `session_date_utc` Nullable(Date32),
  `session_date_local` Nullable(Date32),
  `session_referrer` Nullable(String),
  `event_number` Nullable(Int64),
  `session_hit_number` Nullable(Int64),
  `session_entry_page_location` Nullable(String),
  `session_entry_page_title` Nullable(String),
  `session_entry_page_path` Nullable(String),
  `session_second_page_location` Nullable(String),
  `session_second_page_title` Nullable(String),
  `session_exit_page_location` Nullable(String),
  `session_exit_page_title` Nullable(String),
  `session_exit_page_path` Nullable(String),
  `session_total_events` Nullable(Int64),
  `session_total_page_views` Nullable(Int64),
  `session_unique_page_views` Nullable(Int64),
  `session_total_purchases` Nullable(Int64),
  `session_total_key_events` Nullable(Int64),
  `session_total_scrolls` Nullable(Int64),
  `session_total_outbound_clicks` Nullable(Int64),
  `session_unique_outbound_clicks` Nullable(Int64),
  `session_total_file_downloads` Nullable(Int64),
  `session_unique_file_downloads` Nullable(Int64),
  `session_total_form_interactions` Nullable(Int64),
  `session_unique_form_interactions` Nullable(Int64),
  `session_total_site_searches` Nullable(Int64),
  `session_unique_site_searches` Nullable(Int64),
  `session_total_video_engagements` Nullable(Int64),
  `session_engagement_time_ms` Nullable(Int64),
  `session_is_engaged` Nullable(Bool),
  `session_is_bounced` Nullable(Bool),
  `session_is_bounced_ga4` Nullable(Bool),
  `session_is_bounced_matomo` Nullable(Bool),
  `session_source` LowCardinality(Nullable(String)),
  `session_medium` LowCardinality(Nullable(String)),
  `session_campaign` Nullable(String),
  `session_content` Nullable(String),
  `session_term` Nullable(String),
  `session_click_id` Nullable(String),
  `session_click_id_name` LowCardinality(Nullable(String)),
  `session_channel_group` LowCardinality(Nullable(String)),
  `session_source_rule` LowCardinality(Nullable(String)),
  `session_utm_source` Nullable(String),
  `session_utm_medium` Nullable(String),
  `session_utm_campaign` Nullable(String),
  `session_utm_term` Nullable(String),
  `session_utm_content` Nullable(String),
  `session_utm_id` Nullable(String),
  `session_utm_source_platform` Nullable(String),
  `session_utm_creative_format` Nullable(String),
  `session_utm_marketing_tactic` Nullable(String),
  `session_click_id_gclid` Nullable(String),
  `session_click_id_dclid` Nullable(String),
  `session_click_id_gbraid` Nullable(String),
  `session_click_id_wbraid` Nullable(String),
  `session_click_id_srsltid` Nullable(String),
  `session_click_id_fbclid` Nullable(String),
  `session_click_id_msclkid` Nullable(String),
  `session_device_category` LowCardinality(Nullable(String)),
  `session_device_language` LowCardinality(Nullable(String)),
  `session_device_mobile_brand_name` LowCardinality(Nullable(String)),
  `session_device_mobile_model_name` Nullable(String),
  `session_device_operating_system` LowCardinality(Nullable(String)),
  `session_device_operating_system_version` Nullable(String),
  `session_device_screen_resolution` Nullable(String),
  `session_device_web_browser` LowCardinality(Nullable(String)),
  `session_device_web_browser_version` Nullable(String),
  `session_geo_city` Nullable(String),
  `session_geo_continent` LowCardinality(Nullable(String)),
  `session_geo_country` LowCardinality(Nullable(String)),
  `session_geo_metro` Nullable(String),
  `session_geo_region` Nullable(String),
  `session_geo_sub_continent` LowCardinality(Nullable(String)),
  `previous_page_location` Nullable(String),
  `next_page_location` Nullable(String),
  `previous_page_title` Nullable(String),
  `next_page_title` Nullable(String),
  `session_page_number` Nullable(Int64),
  `time_on_page` Nullable(Int64),
  `session_is_entry_page` Nullable(Bool),
  `session_is_exit_page` Nullable(Bool),
  `page_is_bounce` Nullable(Bool),
  `client_session_id` Nullable(String),
  `client_session_number` Nullable(Int64),
  `client_session_is_engaged` Nullable(Bool),
  `client_is_new` Nullable(Bool),
  `client_request_number` Nullable(Int64),
  `client_page_load` Nullable(String),
  `measurement_id` Nullable(String),
  `client_session_start` Nullable(Bool),
  `client_first_visit` Nullable(Bool),
  `page_load_hash` Nullable(DateTime64(6, 'UTC')),
  `gtm_debug` Nullable(String),
  `is_debug` Nullable(Bool),
  `is_synthetic` Nullable(Bool),
  `consent_non_personalized_ads` Nullable(Bool),
  `consent_dma` Nullable(Bool),
  `consent_dma_services` Nullable(String),
  `privacy_sandbox_label` Nullable(String),
  `consent_updated_types` Nullable(String),
  `privacy_ads_storage` Nullable(Bool),
  `privacy_analytics_storage` Nullable(Bool),
  `consent_ad_user_data` Nullable(Bool),
  `consent_ad_personalization` Nullable(Bool),
  `session_returning_user` Nullable(Bool),
  `session_abandoned_cart` Nullable(Bool),
  `params_engagement_time_ms` Nullable(Int64),
  `params_ignore_referrer` Nullable(Bool),
  `params_page_path` Nullable(String),
  `params_traffic_type` Nullable(String),
  `params_content_group` Nullable(String),
  `params_content_type` Nullable(String),
  `params_content_id` Nullable(String),
  `params_content_description` Nullable(String),
  `params_link_url` Nullable(String),
  `params_link_domain` Nullable(String),
  `params_link_id` Nullable(String),
  `params_link_text` Nullable(String),
  `params_link_classes` Nullable(String),
  `params_outbound` Nullable(Bool),
  `params_file_name` Nullable(String),
  `params_file_extension` Nullable(String),
  `params_form_id` Nullable(String),
  `params_form_name` Nullable(String),
  `params_form_destination` Nullable(String),
  `params_form_submit_text` Nullable(String),
  `params_search_term` Nullable(String),
  `params_percent_scrolled` Nullable(Float64),
  `params_video_title` Nullable(String),
  `params_video_url` Nullable(String),
  `params_video_provider` Nullable(String),
  `params_video_current_time` Nullable(Int64),
  `params_video_duration` Nullable(Int64),
  `params_video_percent` Nullable(Int64),
  `params_method` Nullable(String),
  `params_label` Nullable(String),
  `params_language` Nullable(String),
  `params_screen_resolution` Nullable(String),
  `params_ga_session_id` Nullable(String),
  `params_ga_session_number` Nullable(Int64),
  `params_campaign` Nullable(String),
  `params_campaign_id` Nullable(String),
  `params_campaign_source` Nullable(String),
  `params_campaign_medium` Nullable(String),
  `params_campaign_content` Nullable(String),
  `params_campaign_term` Nullable(String),
  `params_gclid` Nullable(String),
  `params_dclid` Nullable(String),
  `params_srsltid` Nullable(String),
  `params_aclid` Nullable(String),
  `params_anid` Nullable(String),
  `params_value` Nullable(Float64),
  `params_currency` Nullable(String),
  `params_tax` Nullable(Float64),
  `params_shipping` Nullable(Float64),
  `params_shipping_tier` Nullable(String),
  `params_payment_type` Nullable(String),
  `params_coupon` Nullable(String),
  `params_price` Nullable(Float64),
  `params_quantity` Nullable(Float64),
  `params_item_name` Nullable(String),
  `params_product_id` Nullable(String),
  `params_item_list_id` Nullable(String),
  `params_item_list_name` Nullable(String),
  `params_promotion_id` Nullable(String),
  `params_promotion_name` Nullable(String),
  `params_creative_name` Nullable(String),
  `params_creative_slot` Nullable(String),
  `params_subscription` Nullable(Bool),
  `params_free_trial` Nullable(Bool),
  `params_introductory_price` Nullable(Float64),
  `params_renewal_count` Nullable(Int64),
  `params_cancellation_reason` Nullable(String),
  `params_lead_source` Nullable(String),
  `params_lead_status` Nullable(String),
  `params_disqualified_lead_reason` Nullable(String),
  `params_unconvert_lead_reason` Nullable(String),
  `params_achievement_id` Nullable(String),
  `params_character` Nullable(String),
  `params_group_id` Nullable(String),
  `params_level` Nullable(Int64),
  `params_level_name` Nullable(String),
  `params_score` Nullable(Int64),
  `params_success` Nullable(Bool),
  `params_virtual_currency_name` Nullable(String),
  `params_reward_type` Nullable(String),
  `params_reward_value` Nullable(Float64),
  `params_ad_event_id` Nullable(String),
  `params_ad_unit_code` Nullable(String),
  `params_exposure_time` Nullable(Int64),
  `params_visible` Nullable(Bool),
  `params_topic` Nullable(String),
  `params_message_id` Nullable(String),
  `params_message_name` Nullable(String),
  `params_message_type` Nullable(String),
  `params_message_time` Nullable(Int64),
  `params_message_device_time` Nullable(Int64),
  `params_app_version` Nullable(String),
  `params_previous_app_version` Nullable(String),
  `params_previous_os_version` Nullable(String),
  `params_previous_gmp_app_id` Nullable(String),
  `params_previous_first_open_count` Nullable(Int64),
  `params_updated_with_analytics` Nullable(Bool),
  `params_system_app` Nullable(Bool),
  `params_system_app_update` Nullable(Bool),
  `params_deferred_analytics_collection` Nullable(Bool),
  `params_reset_analytics_cause` Nullable(String),
  `params_fatal` Nullable(Bool),
  `params_firebase_error` Nullable(String),
  `params_firebase_error_value` Nullable(String),
  `params_firebase_screen` Nullable(String),
  `params_firebase_screen_class` Nullable(String),
  `params_firebase_screen_id` Nullable(String),
  `params_firebase_previous_screen` Nullable(String),
  `params_firebase_previous_class` Nullable(String),
  `params_firebase_previous_id` Nullable(String),
  `params` Array(Tuple(`name` Nullable(String), `value_string` Nullable(String), `value_number` Nullable(Float64))),
  `user_properties` Array(Tuple(`name` Nullable(String), `value_string` Nullable(String), `value_number` Nullable(Float64))),
  `user_properties_carried` Array(Tuple(`name` Nullable(String), `value_string` Nullable(String), `value_number` Nullable(Float64))),
  `session_user_properties` Array(Tuple(`name` Nullable(String), `value_string` Nullable(String), `value_number` Nullable(Float64))),
  `matomo_visitor_id` Nullable(String),
  `params_goal_id` Nullable(String),
  `params_download_url` Nullable(String),
  `params_category` Nullable(String),
  `params_action` Nullable(String),
  `params_event_name` Nullable(String),
  `params_search_keyword` Nullable(String),
  `params_search_category` Nullable(String),
  `params_search_count` Nullable(Int64),
  `params_content_name` Nullable(String),
  `params_content_piece` Nullable(String),
  `params_content_target` Nullable(String),
  `params_content_interaction` Nullable(String),
  `params_media_asset_id` Nullable(String),
  `params_media_type` Nullable(String),
  `params_media_title` Nullable(String),
  `params_media_url` Nullable(String),
  `params_media_player` Nullable(String),
  `params_media_seconds_played` Nullable(Int64),
  `params_media_length` Nullable(Int64),
  `params_media_position` Nullable(Int64),
  `params_media_seconds_to_play` Nullable(Int64),
  `params_media_width` Nullable(Int64),
  `params_media_height` Nullable(Int64),
  `params_media_fullscreen` Nullable(Bool),
  `params_media_positions` Nullable(String),
  `params_crash_message` Nullable(String),
  `params_crash_type` Nullable(String),
  `params_crash_category` Nullable(String),
  `params_crash_stack` Nullable(String),
  `params_crash_file` Nullable(String),
  `params_crash_line` Nullable(Int64),
  `params_crash_column` Nullable(Int64),
  `params_time_network_ms` Nullable(Int64),
  `params_time_server_ms` Nullable(Int64),
  `params_time_transfer_ms` Nullable(Int64),
  `params_time_dom_processing_ms` Nullable(Int64),
  `params_time_dom_completion_ms` Nullable(Int64),
  `params_time_on_load_ms` Nullable(Int64),
  `params_bandwidth_bytes` Nullable(Int64),
  `params_site_id` Nullable(String),
  `params_custom_data` Nullable(String),
  `device_cookies_enabled` Nullable(Bool),
  `params_page_view_id` Nullable(String),
  `device_local_time` Nullable(String),
  `ecommerce_order_id` Nullable(String),
  `ecommerce_subtotal_value` Nullable(Float64),
  `ecommerce_discount_value` Nullable(Float64),
  `ecommerce_cart_value` Nullable(Float64),
  `params_goal_revenue` Nullable(Float64),
  `is_product_view` Nullable(Bool),
  `params_product_sku` Nullable(String),
  `params_product_name` Nullable(String),
  `params_product_price` Nullable(Float64),
  `params_product_category_1` Nullable(String),
  `params_product_category_2` Nullable(String),
  `params_product_category_3` Nullable(String),
  `params_product_category_4` Nullable(String),
  `params_product_category_5` Nullable(String),
  `custom_dimensions` Array(Tuple(`slot` Nullable(Int64), `value` Nullable(String))),
  `session_custom_dimensions` Array(Tuple(`slot` Nullable(Int64), `value` Nullable(String))),
  `custom_variables` Array(Tuple(`name` Nullable(String), `value` Nullable(String))),
  `session_custom_variables` Array(Tuple(`name` Nullable(String), `value` Nullable(String))),
  `matomo_campaign_name` Nullable(String),
  `matomo_campaign_keyword` Nullable(String),
  `matomo_campaign_group` Nullable(String),
  `matomo_campaign_placement` Nullable(String),
  `session_total_content_impressions` Nullable(Int64),
  `session_total_content_interactions` Nullable(Int64),
  `session_total_goal_conversions` Nullable(Int64)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(date_utc)
ORDER BY (`property_id`, `date_utc`, `session_id`, `timestamp_utc`)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 536870912, allow_nullable_key = 1;
CREATE TABLE IF NOT EXISTS `tracker`.`tracker_ledger` (
  `partition` Int64,
  `plan` Int64,
  `property_id` LowCardinality(String),
  `outcome` LowCardinality(String),
  `reason` LowCardinality(String),
  `hits` Int64
)
ENGINE = MergeTree
ORDER BY (`property_id`)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 536870912, allow_nullable_key = 1;
CREATE TABLE IF NOT EXISTS `tracker`.`tracker_dead_letters` (
  `partition` Int64,
  `log_offset` Int64,
  `plan` Int64,
  `property_id` LowCardinality(String),
  `received_at` DateTime64(6, 'UTC'),
  `stage` LowCardinality(String),
  `reason` String,
  `record` String COMMENT 'bytes'
)
ENGINE = MergeTree
ORDER BY (`property_id`)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 536870912, allow_nullable_key = 1;
CREATE TABLE IF NOT EXISTS `tracker`.`tracker_epochs` (
  `epoch` Int64,
  `program` String,
  `columns` String,
  `settings` String,
  `data_files` String,
  `first_partition` Int64,
  `first_plan` Int64,
  `first_seen` DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY (`epoch`, `program`, `columns`)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 536870912, allow_nullable_key = 1;
CREATE VIEW IF NOT EXISTS `tracker`.`sessions` AS
SELECT
    s."session_id" AS "session_id",
    s."property_id" AS "property_id",
    s."property_name" AS "property_name",
    s."client_id" AS "client_id",
    s."tracking_protocol" AS "tracking_protocol",
    s."timestamp_utc" AS "timestamp_utc",
    s."date_utc" AS "date_utc",
    s."date_local" AS "date_local",
    s."ingested_at" AS "ingested_at",
    s."schema_epoch" AS "schema_epoch",
    s."log_partition" AS "log_partition",
    s."log_offset" AS "log_offset",
    s."session_bot_score" AS "session_bot_score",
    s."session_revenue" AS "session_revenue",
    s."session_revenue_in_usd" AS "session_revenue_in_usd",
    s."session_split_cause" AS "session_split_cause",
    s."session_joined_by" AS "session_joined_by",
    s."session_client_id" AS "session_client_id",
    s."session_user_id" AS "session_user_id",
    s."session_first_event_time" AS "session_first_event_time",
    s."session_last_event_time" AS "session_last_event_time",
    s."session_duration" AS "session_duration",
    s."session_date_utc" AS "session_date_utc",
    s."session_date_local" AS "session_date_local",
    s."session_referrer" AS "session_referrer",
    s."session_entry_page_location" AS "session_entry_page_location",
    s."session_entry_page_title" AS "session_entry_page_title",
    s."session_entry_page_path" AS "session_entry_page_path",
    s."session_second_page_location" AS "session_second_page_location",
    s."session_second_page_title" AS "session_second_page_title",
    s."session_exit_page_location" AS "session_exit_page_location",
    s."session_exit_page_title" AS "session_exit_page_title",
    s."session_exit_page_path" AS "session_exit_page_path",
    s."session_total_events" AS "session_total_events",
    s."session_total_page_views" AS "session_total_page_views",
    s."session_unique_page_views" AS "session_unique_page_views",
    s."session_total_purchases" AS "session_total_purchases",
    s."session_total_key_events" AS "session_total_key_events",
    s."session_total_scrolls" AS "session_total_scrolls",
    s."session_total_outbound_clicks" AS "session_total_outbound_clicks",
    s."session_unique_outbound_clicks" AS "session_unique_outbound_clicks",
    s."session_total_file_downloads" AS "session_total_file_downloads",
    s."session_unique_file_downloads" AS "session_unique_file_downloads",
    s."session_total_form_interactions" AS "session_total_form_interactions",
    s."session_unique_form_interactions" AS "session_unique_form_interactions",
    s."session_total_site_searches" AS "session_total_site_searches",
    s."session_unique_site_searches" AS "session_unique_site_searches",
    s."session_total_video_engagements" AS "session_total_video_engagements",
    s."session_engagement_time_ms" AS "session_engagement_time_ms",
    s."session_is_engaged" AS "session_is_engaged",
    s."session_is_bounced" AS "session_is_bounced",
    s."session_is_bounced_ga4" AS "session_is_bounced_ga4",
    s."session_is_bounced_matomo" AS "session_is_bounced_matomo",
    s."session_source" AS "session_source",
    s."session_medium" AS "session_medium",
    s."session_campaign" AS "session_campaign",
    s."session_content" AS "session_content",
    s."session_term" AS "session_term",
    s."session_click_id" AS "session_click_id",
    s."session_click_id_name" AS "session_click_id_name",
    s."session_channel_group" AS "session_channel_group",
    s."session_source_rule" AS "session_source_rule",
    s."session_utm_source" AS "session_utm_source",
    s."session_utm_medium" AS "session_utm_medium",
    s."session_utm_campaign" AS "session_utm_campaign",
    s."session_utm_term" AS "session_utm_term",
    s."session_utm_content" AS "session_utm_content",
    s."session_utm_id" AS "session_utm_id",
    s."session_utm_source_platform" AS "session_utm_source_platform",
    s."session_utm_creative_format" AS "session_utm_creative_format",
    s."session_utm_marketing_tactic" AS "session_utm_marketing_tactic",
    s."session_click_id_gclid" AS "session_click_id_gclid",
    s."session_click_id_dclid" AS "session_click_id_dclid",
    s."session_click_id_gbraid" AS "session_click_id_gbraid",
    s."session_click_id_wbraid" AS "session_click_id_wbraid",
    s."session_click_id_srsltid" AS "session_click_id_srsltid",
    s."session_click_id_fbclid" AS "session_click_id_fbclid",
    s."session_click_id_msclkid" AS "session_click_id_msclkid",
    s."session_device_category" AS "session_device_category",
    s."session_device_language" AS "session_device_language",
    s."session_device_mobile_brand_name" AS "session_device_mobile_brand_name",
    s."session_device_mobile_model_name" AS "session_device_mobile_model_name",
    s."session_device_operating_system" AS "session_device_operating_system",
    s."session_device_operating_system_version" AS "session_device_operating_system_version",
    s."session_device_screen_resolution" AS "session_device_screen_resolution",
    s."session_device_web_browser" AS "session_device_web_browser",
    s."session_device_web_browser_version" AS "session_device_web_browser_version",
    s."session_geo_city" AS "session_geo_city",
    s."session_geo_continent" AS "session_geo_continent",
    s."session_geo_country" AS "session_geo_country",
    s."session_geo_metro" AS "session_geo_metro",
    s."session_geo_region" AS "session_geo_region",
    s."session_geo_sub_continent" AS "session_geo_sub_continent",
    s."session_returning_user" AS "session_returning_user",
    s."session_abandoned_cart" AS "session_abandoned_cart",
    s."session_user_properties" AS "session_user_properties",
    s."session_custom_dimensions" AS "session_custom_dimensions",
    s."session_custom_variables" AS "session_custom_variables",
    s."session_total_content_impressions" AS "session_total_content_impressions",
    s."session_total_content_interactions" AS "session_total_content_interactions",
    s."session_total_goal_conversions" AS "session_total_goal_conversions"
FROM "events" AS s
WHERE session_id IS NOT NULL AND event_number = 0
    AND (s.log_partition, s.log_offset) IN (
        SELECT min((f.log_partition, f.log_offset)) FROM "events" AS f WHERE session_id IS NOT NULL AND event_number = 0 GROUP BY f.session_id
    )
COMMENT 'One row for each session, with all session columns: whose it was, where and when it began, and what came of it. [tracker 3db37ed3]';
CREATE VIEW IF NOT EXISTS `tracker`.`events_wide` AS
SELECT
    e."id" AS "id",
    e."property_id" AS "property_id",
    e."client_id" AS "client_id",
    e."user_id" AS "user_id",
    e."tracking_protocol" AS "tracking_protocol",
    e."is_cookieless" AS "is_cookieless",
    e."ip_address" AS "ip_address",
    e."log_partition" AS "log_partition",
    e."log_offset" AS "log_offset",
    e."schema_epoch" AS "schema_epoch",
    e."name" AS "name",
    e."platform" AS "platform",
    e."is_consent_update" AS "is_consent_update",
    e."property_name" AS "property_name",
    e."is_page_view" AS "is_page_view",
    e."is_screen_view" AS "is_screen_view",
    e."received_at" AS "received_at",
    e."ingested_at" AS "ingested_at",
    e."timestamp_refused_reason" AS "timestamp_refused_reason",
    e."timestamp_utc" AS "timestamp_utc",
    e."date_utc" AS "date_utc",
    e."date_local" AS "date_local",
    e."page_location" AS "page_location",
    e."page_hostname" AS "page_hostname",
    e."page_path" AS "page_path",
    e."page_title" AS "page_title",
    e."page_referrer" AS "page_referrer",
    e."ignore_referrer" AS "ignore_referrer",
    e."utm_source" AS "utm_source",
    e."utm_medium" AS "utm_medium",
    e."utm_campaign" AS "utm_campaign",
    e."utm_term" AS "utm_term",
    e."utm_content" AS "utm_content",
    e."utm_id" AS "utm_id",
    e."utm_source_platform" AS "utm_source_platform",
    e."utm_creative_format" AS "utm_creative_format",
    e."utm_marketing_tactic" AS "utm_marketing_tactic",
    e."click_id_gclid" AS "click_id_gclid",
    e."click_id_dclid" AS "click_id_dclid",
    e."click_id_gbraid" AS "click_id_gbraid",
    e."click_id_wbraid" AS "click_id_wbraid",
    e."click_id_srsltid" AS "click_id_srsltid",
    e."click_id_fbclid" AS "click_id_fbclid",
    e."click_id_msclkid" AS "click_id_msclkid",
    e."traffic_filter_name" AS "traffic_filter_name",
    e."device_screen_resolution" AS "device_screen_resolution",
    e."device_language" AS "device_language",
    e."device_category" AS "device_category",
    e."device_mobile_brand_name" AS "device_mobile_brand_name",
    e."device_mobile_model_name" AS "device_mobile_model_name",
    e."device_operating_system" AS "device_operating_system",
    e."device_operating_system_version" AS "device_operating_system_version",
    e."device_web_browser" AS "device_web_browser",
    e."device_web_browser_version" AS "device_web_browser_version",
    e."geo_city" AS "geo_city",
    e."geo_region" AS "geo_region",
    e."geo_country" AS "geo_country",
    e."geo_country_code" AS "geo_country_code",
    e."geo_continent" AS "geo_continent",
    e."geo_sub_continent" AS "geo_sub_continent",
    e."geo_metro" AS "geo_metro",
    e."geo_latitude" AS "geo_latitude",
    e."geo_longitude" AS "geo_longitude",
    e."geo_asn" AS "geo_asn",
    e."bot_score" AS "bot_score",
    e."bot_reasons" AS "bot_reasons",
    e."session_bot_score" AS "session_bot_score",
    e."is_purchase" AS "is_purchase",
    e."ecommerce_currency" AS "ecommerce_currency",
    e."ecommerce_refund_value" AS "ecommerce_refund_value",
    e."ecommerce_shipping_value" AS "ecommerce_shipping_value",
    e."ecommerce_tax_value" AS "ecommerce_tax_value",
    e."params_transaction_id" AS "params_transaction_id",
    e."ecommerce_purchase_revenue" AS "ecommerce_purchase_revenue",
    e."ecommerce_purchase_revenue_in_usd" AS "ecommerce_purchase_revenue_in_usd",
    e."ecommerce_refund_value_in_usd" AS "ecommerce_refund_value_in_usd",
    e."ecommerce_shipping_value_in_usd" AS "ecommerce_shipping_value_in_usd",
    e."ecommerce_tax_value_in_usd" AS "ecommerce_tax_value_in_usd",
    e."session_revenue" AS "session_revenue",
    e."session_revenue_in_usd" AS "session_revenue_in_usd",
    e."ecommerce_items" AS "ecommerce_items",
    e."ecommerce_items_total_quantity" AS "ecommerce_items_total_quantity",
    e."ecommerce_unique_items" AS "ecommerce_unique_items",
    e."is_key_event" AS "is_key_event",
    e."session_id" AS "session_id",
    e."session_split_cause" AS "session_split_cause",
    e."session_joined_by" AS "session_joined_by",
    e."session_client_id" AS "session_client_id",
    e."session_user_id" AS "session_user_id",
    e."session_first_event_time" AS "session_first_event_time",
    e."session_last_event_time" AS "session_last_event_time",
    e."session_duration" AS "session_duration",
    e."session_date_utc" AS "session_date_utc",
    e."session_date_local" AS "session_date_local",
    e."session_referrer" AS "session_referrer",
    e."event_number" AS "event_number",
    e."session_hit_number" AS "session_hit_number",
    e."session_entry_page_location" AS "session_entry_page_location",
    e."session_entry_page_title" AS "session_entry_page_title",
    e."session_entry_page_path" AS "session_entry_page_path",
    e."session_second_page_location" AS "session_second_page_location",
    e."session_second_page_title" AS "session_second_page_title",
    e."session_exit_page_location" AS "session_exit_page_location",
    e."session_exit_page_title" AS "session_exit_page_title",
    e."session_exit_page_path" AS "session_exit_page_path",
    e."session_total_events" AS "session_total_events",
    e."session_total_page_views" AS "session_total_page_views",
    e."session_unique_page_views" AS "session_unique_page_views",
    e."session_total_purchases" AS "session_total_purchases",
    e."session_total_key_events" AS "session_total_key_events",
    e."session_total_scrolls" AS "session_total_scrolls",
    e."session_total_outbound_clicks" AS "session_total_outbound_clicks",
    e."session_unique_outbound_clicks" AS "session_unique_outbound_clicks",
    e."session_total_file_downloads" AS "session_total_file_downloads",
    e."session_unique_file_downloads" AS "session_unique_file_downloads",
    e."session_total_form_interactions" AS "session_total_form_interactions",
    e."session_unique_form_interactions" AS "session_unique_form_interactions",
    e."session_total_site_searches" AS "session_total_site_searches",
    e."session_unique_site_searches" AS "session_unique_site_searches",
    e."session_total_video_engagements" AS "session_total_video_engagements",
    e."session_engagement_time_ms" AS "session_engagement_time_ms",
    e."session_is_engaged" AS "session_is_engaged",
    e."session_is_bounced" AS "session_is_bounced",
    e."session_is_bounced_ga4" AS "session_is_bounced_ga4",
    e."session_is_bounced_matomo" AS "session_is_bounced_matomo",
    e."session_source" AS "session_source",
    e."session_medium" AS "session_medium",
    e."session_campaign" AS "session_campaign",
    e."session_content" AS "session_content",
    e."session_term" AS "session_term",
    e."session_click_id" AS "session_click_id",
    e."session_click_id_name" AS "session_click_id_name",
    e."session_channel_group" AS "session_channel_group",
    e."session_source_rule" AS "session_source_rule",
    e."session_utm_source" AS "session_utm_source",
    e."session_utm_medium" AS "session_utm_medium",
    e."session_utm_campaign" AS "session_utm_campaign",
    e."session_utm_term" AS "session_utm_term",
    e."session_utm_content" AS "session_utm_content",
    e."session_utm_id" AS "session_utm_id",
    e."session_utm_source_platform" AS "session_utm_source_platform",
    e."session_utm_creative_format" AS "session_utm_creative_format",
    e."session_utm_marketing_tactic" AS "session_utm_marketing_tactic",
    e."session_click_id_gclid" AS "session_click_id_gclid",
    e."session_click_id_dclid" AS "session_click_id_dclid",
    e."session_click_id_gbraid" AS "session_click_id_gbraid",
    e."session_click_id_wbraid" AS "session_click_id_wbraid",
    e."session_click_id_srsltid" AS "session_click_id_srsltid",
    e."session_click_id_fbclid" AS "session_click_id_fbclid",
    e."session_click_id_msclkid" AS "session_click_id_msclkid",
    e."session_device_category" AS "session_device_category",
    e."session_device_language" AS "session_device_language",
    e."session_device_mobile_brand_name" AS "session_device_mobile_brand_name",
    e."session_device_mobile_model_name" AS "session_device_mobile_model_name",
    e."session_device_operating_system" AS "session_device_operating_system",
    e."session_device_operating_system_version" AS "session_device_operating_system_version",
    e."session_device_screen_resolution" AS "session_device_screen_resolution",
    e."session_device_web_browser" AS "session_device_web_browser",
    e."session_device_web_browser_version" AS "session_device_web_browser_version",
    e."session_geo_city" AS "session_geo_city",
    e."session_geo_continent" AS "session_geo_continent",
    e."session_geo_country" AS "session_geo_country",
    e."session_geo_metro" AS "session_geo_metro",
    e."session_geo_region" AS "session_geo_region",
    e."session_geo_sub_continent" AS "session_geo_sub_continent",
    e."previous_page_location" AS "previous_page_location",
    e."next_page_location" AS "next_page_location",
    e."previous_page_title" AS "previous_page_title",
    e."next_page_title" AS "next_page_title",
    e."session_page_number" AS "session_page_number",
    e."time_on_page" AS "time_on_page",
    e."session_is_entry_page" AS "session_is_entry_page",
    e."session_is_exit_page" AS "session_is_exit_page",
    e."page_is_bounce" AS "page_is_bounce",
    e."client_session_id" AS "client_session_id",
    e."client_session_number" AS "client_session_number",
    e."client_session_is_engaged" AS "client_session_is_engaged",
    e."client_is_new" AS "client_is_new",
    e."client_request_number" AS "client_request_number",
    e."client_page_load" AS "client_page_load",
    e."measurement_id" AS "measurement_id",
    e."client_session_start" AS "client_session_start",
    e."client_first_visit" AS "client_first_visit",
    e."page_load_hash" AS "page_load_hash",
    e."gtm_debug" AS "gtm_debug",
    e."is_debug" AS "is_debug",
    e."is_synthetic" AS "is_synthetic",
    e."consent_non_personalized_ads" AS "consent_non_personalized_ads",
    e."consent_dma" AS "consent_dma",
    e."consent_dma_services" AS "consent_dma_services",
    e."privacy_sandbox_label" AS "privacy_sandbox_label",
    e."consent_updated_types" AS "consent_updated_types",
    e."privacy_ads_storage" AS "privacy_ads_storage",
    e."privacy_analytics_storage" AS "privacy_analytics_storage",
    e."consent_ad_user_data" AS "consent_ad_user_data",
    e."consent_ad_personalization" AS "consent_ad_personalization",
    e."session_returning_user" AS "session_returning_user",
    e."session_abandoned_cart" AS "session_abandoned_cart",
    e."params_engagement_time_ms" AS "params_engagement_time_ms",
    e."params_ignore_referrer" AS "params_ignore_referrer",
    e."params_page_path" AS "params_page_path",
    e."params_traffic_type" AS "params_traffic_type",
    e."params_content_group" AS "params_content_group",
    e."params_content_type" AS "params_content_type",
    e."params_content_id" AS "params_content_id",
    e."params_content_description" AS "params_content_description",
    e."params_link_url" AS "params_link_url",
    e."params_link_domain" AS "params_link_domain",
    e."params_link_id" AS "params_link_id",
    e."params_link_text" AS "params_link_text",
    e."params_link_classes" AS "params_link_classes",
    e."params_outbound" AS "params_outbound",
    e."params_file_name" AS "params_file_name",
    e."params_file_extension" AS "params_file_extension",
    e."params_form_id" AS "params_form_id",
    e."params_form_name" AS "params_form_name",
    e."params_form_destination" AS "params_form_destination",
    e."params_form_submit_text" AS "params_form_submit_text",
    e."params_search_term" AS "params_search_term",
    e."params_percent_scrolled" AS "params_percent_scrolled",
    e."params_video_title" AS "params_video_title",
    e."params_video_url" AS "params_video_url",
    e."params_video_provider" AS "params_video_provider",
    e."params_video_current_time" AS "params_video_current_time",
    e."params_video_duration" AS "params_video_duration",
    e."params_video_percent" AS "params_video_percent",
    e."params_method" AS "params_method",
    e."params_label" AS "params_label",
    e."params_language" AS "params_language",
    e."params_screen_resolution" AS "params_screen_resolution",
    e."params_ga_session_id" AS "params_ga_session_id",
    e."params_ga_session_number" AS "params_ga_session_number",
    e."params_campaign" AS "params_campaign",
    e."params_campaign_id" AS "params_campaign_id",
    e."params_campaign_source" AS "params_campaign_source",
    e."params_campaign_medium" AS "params_campaign_medium",
    e."params_campaign_content" AS "params_campaign_content",
    e."params_campaign_term" AS "params_campaign_term",
    e."params_gclid" AS "params_gclid",
    e."params_dclid" AS "params_dclid",
    e."params_srsltid" AS "params_srsltid",
    e."params_aclid" AS "params_aclid",
    e."params_anid" AS "params_anid",
    e."params_value" AS "params_value",
    e."params_currency" AS "params_currency",
    e."params_tax" AS "params_tax",
    e."params_shipping" AS "params_shipping",
    e."params_shipping_tier" AS "params_shipping_tier",
    e."params_payment_type" AS "params_payment_type",
    e."params_coupon" AS "params_coupon",
    e."params_price" AS "params_price",
    e."params_quantity" AS "params_quantity",
    e."params_item_name" AS "params_item_name",
    e."params_product_id" AS "params_product_id",
    e."params_item_list_id" AS "params_item_list_id",
    e."params_item_list_name" AS "params_item_list_name",
    e."params_promotion_id" AS "params_promotion_id",
    e."params_promotion_name" AS "params_promotion_name",
    e."params_creative_name" AS "params_creative_name",
    e."params_creative_slot" AS "params_creative_slot",
    e."params_subscription" AS "params_subscription",
    e."params_free_trial" AS "params_free_trial",
    e."params_introductory_price" AS "params_introductory_price",
    e."params_renewal_count" AS "params_renewal_count",
    e."params_cancellation_reason" AS "params_cancellation_reason",
    e."params_lead_source" AS "params_lead_source",
    e."params_lead_status" AS "params_lead_status",
    e."params_disqualified_lead_reason" AS "params_disqualified_lead_reason",
    e."params_unconvert_lead_reason" AS "params_unconvert_lead_reason",
    e."params_achievement_id" AS "params_achievement_id",
    e."params_character" AS "params_character",
    e."params_group_id" AS "params_group_id",
    e."params_level" AS "params_level",
    e."params_level_name" AS "params_level_name",
    e."params_score" AS "params_score",
    e."params_success" AS "params_success",
    e."params_virtual_currency_name" AS "params_virtual_currency_name",
    e."params_reward_type" AS "params_reward_type",
    e."params_reward_value" AS "params_reward_value",
    e."params_ad_event_id" AS "params_ad_event_id",
    e."params_ad_unit_code" AS "params_ad_unit_code",
    e."params_exposure_time" AS "params_exposure_time",
    e."params_visible" AS "params_visible",
    e."params_topic" AS "params_topic",
    e."params_message_id" AS "params_message_id",
    e."params_message_name" AS "params_message_name",
    e."params_message_type" AS "params_message_type",
    e."params_message_time" AS "params_message_time",
    e."params_message_device_time" AS "params_message_device_time",
    e."params_app_version" AS "params_app_version",
    e."params_previous_app_version" AS "params_previous_app_version",
    e."params_previous_os_version" AS "params_previous_os_version",
    e."params_previous_gmp_app_id" AS "params_previous_gmp_app_id",
    e."params_previous_first_open_count" AS "params_previous_first_open_count",
    e."params_updated_with_analytics" AS "params_updated_with_analytics",
    e."params_system_app" AS "params_system_app",
    e."params_system_app_update" AS "params_system_app_update",
    e."params_deferred_analytics_collection" AS "params_deferred_analytics_collection",
    e."params_reset_analytics_cause" AS "params_reset_analytics_cause",
    e."params_fatal" AS "params_fatal",
    e."params_firebase_error" AS "params_firebase_error",
    e."params_firebase_error_value" AS "params_firebase_error_value",
    e."params_firebase_screen" AS "params_firebase_screen",
    e."params_firebase_screen_class" AS "params_firebase_screen_class",
    e."params_firebase_screen_id" AS "params_firebase_screen_id",
    e."params_firebase_previous_screen" AS "params_firebase_previous_screen",
    e."params_firebase_previous_class" AS "params_firebase_previous_class",
    e."params_firebase_previous_id" AS "params_firebase_previous_id",
    e."params" AS "params",
    e."user_properties" AS "user_properties",
    e."user_properties_carried" AS "user_properties_carried",
    e."session_user_properties" AS "session_user_properties",
    e."matomo_visitor_id" AS "matomo_visitor_id",
    e."params_goal_id" AS "params_goal_id",
    e."params_download_url" AS "params_download_url",
    e."params_category" AS "params_category",
    e."params_action" AS "params_action",
    e."params_event_name" AS "params_event_name",
    e."params_search_keyword" AS "params_search_keyword",
    e."params_search_category" AS "params_search_category",
    e."params_search_count" AS "params_search_count",
    e."params_content_name" AS "params_content_name",
    e."params_content_piece" AS "params_content_piece",
    e."params_content_target" AS "params_content_target",
    e."params_content_interaction" AS "params_content_interaction",
    e."params_media_asset_id" AS "params_media_asset_id",
    e."params_media_type" AS "params_media_type",
    e."params_media_title" AS "params_media_title",
    e."params_media_url" AS "params_media_url",
    e."params_media_player" AS "params_media_player",
    e."params_media_seconds_played" AS "params_media_seconds_played",
    e."params_media_length" AS "params_media_length",
    e."params_media_position" AS "params_media_position",
    e."params_media_seconds_to_play" AS "params_media_seconds_to_play",
    e."params_media_width" AS "params_media_width",
    e."params_media_height" AS "params_media_height",
    e."params_media_fullscreen" AS "params_media_fullscreen",
    e."params_media_positions" AS "params_media_positions",
    e."params_crash_message" AS "params_crash_message",
    e."params_crash_type" AS "params_crash_type",
    e."params_crash_category" AS "params_crash_category",
    e."params_crash_stack" AS "params_crash_stack",
    e."params_crash_file" AS "params_crash_file",
    e."params_crash_line" AS "params_crash_line",
    e."params_crash_column" AS "params_crash_column",
    e."params_time_network_ms" AS "params_time_network_ms",
    e."params_time_server_ms" AS "params_time_server_ms",
    e."params_time_transfer_ms" AS "params_time_transfer_ms",
    e."params_time_dom_processing_ms" AS "params_time_dom_processing_ms",
    e."params_time_dom_completion_ms" AS "params_time_dom_completion_ms",
    e."params_time_on_load_ms" AS "params_time_on_load_ms",
    e."params_bandwidth_bytes" AS "params_bandwidth_bytes",
    e."params_site_id" AS "params_site_id",
    e."params_custom_data" AS "params_custom_data",
    e."device_cookies_enabled" AS "device_cookies_enabled",
    e."params_page_view_id" AS "params_page_view_id",
    e."device_local_time" AS "device_local_time",
    e."ecommerce_order_id" AS "ecommerce_order_id",
    e."ecommerce_subtotal_value" AS "ecommerce_subtotal_value",
    e."ecommerce_discount_value" AS "ecommerce_discount_value",
    e."ecommerce_cart_value" AS "ecommerce_cart_value",
    e."params_goal_revenue" AS "params_goal_revenue",
    e."is_product_view" AS "is_product_view",
    e."params_product_sku" AS "params_product_sku",
    e."params_product_name" AS "params_product_name",
    e."params_product_price" AS "params_product_price",
    e."params_product_category_1" AS "params_product_category_1",
    e."params_product_category_2" AS "params_product_category_2",
    e."params_product_category_3" AS "params_product_category_3",
    e."params_product_category_4" AS "params_product_category_4",
    e."params_product_category_5" AS "params_product_category_5",
    e."custom_dimensions" AS "custom_dimensions",
    e."session_custom_dimensions" AS "session_custom_dimensions",
    e."custom_variables" AS "custom_variables",
    e."session_custom_variables" AS "session_custom_variables",
    e."matomo_campaign_name" AS "matomo_campaign_name",
    e."matomo_campaign_keyword" AS "matomo_campaign_keyword",
    e."matomo_campaign_group" AS "matomo_campaign_group",
    e."matomo_campaign_placement" AS "matomo_campaign_placement",
    e."session_total_content_impressions" AS "session_total_content_impressions",
    e."session_total_content_interactions" AS "session_total_content_interactions",
    e."session_total_goal_conversions" AS "session_total_goal_conversions"
FROM "events" AS e
COMMENT 'One row for each event, with every column there is; those of its session stand on each of its events. On events outside of sessions they are null, and lists empty. [tracker 129f4a10]';
CREATE VIEW IF NOT EXISTS `tracker`.`client_users` AS
SELECT
    c.property_id AS property_id,
    c.client_id AS client_id,
    c.user_id AS user_id,
    CASE
        WHEN count(*) OVER (PARTITION BY c.property_id, c.client_id) = 1 THEN toDateTime64('1900-01-01 00:00:00', 6, 'UTC')
        ELSE c.timestamp_utc
    END AS since,
    lead(c.timestamp_utc, 1, toDateTime64('2299-12-31 00:00:00', 6, 'UTC')) OVER (
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
    FROM "events" AS e
    WHERE e.user_id IS NOT NULL
) AS c
WHERE c.user_before IS NULL OR c.user_before <> c.user_id
COMMENT 'One row for each stretch of time in which a client belonged to a user: from the moment the user id was seen on it until another one was. A client that only ever had one user belonged to them before, too. [tracker d7260632]';
CREATE VIEW IF NOT EXISTS `tracker`.`person_events` AS
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
FROM "events" AS e
LEFT JOIN "client_users" AS u
    ON u.property_id = e.property_id
    AND u.client_id = coalesce(e.session_client_id, e.client_id)
    AND u.since <= coalesce(e.session_first_event_time, e.timestamp_utc)
    AND u.until > coalesce(e.session_first_event_time, e.timestamp_utc)
WHERE NOT coalesce(e.is_consent_update, false)
COMMENT 'One row for each event that counts (what a consent change sent again does not), with the person it belongs to and the columns that the other views go by. All events of a session belong to one person. [tracker 0d417ea6]';
CREATE VIEW IF NOT EXISTS `tracker`.`order_events` AS
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
            FROM "person_events" AS e
            WHERE e.is_purchase OR e.name = 'refund' OR e.ecommerce_refund_value IS NOT NULL
        ) AS k
    ) AS p
) AS o
COMMENT 'One row for each event about an order: the order as it was sent first, repeats of it, and refunds. [tracker 280806a6]';
CREATE VIEW IF NOT EXISTS `tracker`.`person_sessions` AS
SELECT
    s.session_id AS session_id,
    s.property_id AS property_id,
    s.property_name AS property_name,
    s.tracking_protocol AS tracking_protocol,
    s.client_id AS client_id,
    s.session_first_event_time AS session_first_event_time,
    s.session_last_event_time AS session_last_event_time,
    s.session_date_utc AS session_date_utc,
    s.session_date_local AS session_date_local,
    s.session_channel_group AS session_channel_group,
    s.session_source AS session_source,
    s.session_medium AS session_medium,
    s.session_campaign AS session_campaign,
    s.session_entry_page_path AS session_entry_page_path,
    s.session_exit_page_path AS session_exit_page_path,
    s.session_device_category AS session_device_category,
    s.session_geo_country AS session_geo_country,
    s.session_bot_score AS session_bot_score,
    s.session_duration AS session_duration,
    s.session_engagement_time_ms AS session_engagement_time_ms,
    s.session_total_events AS session_total_events,
    s.session_total_page_views AS session_total_page_views,
    s.session_total_key_events AS session_total_key_events,
    s.session_is_engaged AS session_is_engaged,
    s.session_is_bounced AS session_is_bounced,
    s.session_is_bounced_ga4 AS session_is_bounced_ga4,
    s.session_is_bounced_matomo AS session_is_bounced_matomo,
    coalesce(s.session_user_id, u.user_id) AS person_user_id,
    coalesce('user:' || coalesce(s.session_user_id, u.user_id), 'client:' || s.client_id) AS person_id,
    coalesce(o.orders, 0) AS orders,
    coalesce(o.order_currencies, 0) AS order_currencies,
    o.order_currency AS order_currency,
    o.order_revenue AS order_revenue,
    o.order_revenue_in_usd AS order_revenue_in_usd
FROM "sessions" AS s
LEFT JOIN "client_users" AS u
    ON u.property_id = s.property_id
    AND u.client_id = s.client_id
    AND u.since <= s.timestamp_utc
    AND u.until > s.timestamp_utc
LEFT JOIN (
    SELECT
        b.session_id AS session_id,
        CAST(count(*) AS BIGINT) AS orders,
        CAST(count(DISTINCT coalesce(b.currency, '')) AS BIGINT) AS order_currencies,
        CASE WHEN count(DISTINCT coalesce(b.currency, '')) = 1 THEN max(b.currency) END AS order_currency,
        CASE WHEN count(DISTINCT coalesce(b.currency, '')) = 1 THEN sum(b.revenue) END AS order_revenue,
        sum(b.revenue_in_usd) AS order_revenue_in_usd
    FROM "order_events" AS b
    WHERE b.kind = 'order' AND b.session_id IS NOT NULL
    GROUP BY b.session_id
) AS o ON o.session_id = s.session_id
COMMENT 'One row for each session, with the person it belongs to, the orders that were placed in it, and the columns that the other views go by. [tracker 37fab841]';
CREATE VIEW IF NOT EXISTS `tracker`.`session_history` AS
SELECT
    h.property_id AS property_id,
    h.property_name AS property_name,
    h.session_date_local AS date,
    h.session_id AS session_id,
    h.session_first_event_time AS began_at,
    h.tracking_protocol AS tracking_protocol,
    h.client_id AS client_id,
    h.person_user_id AS user_id,
    h.person_id AS person_id,
    h.session_number AS session_number,
    CAST(h.session_number = 1 AS BOOLEAN) AS is_new,
    CAST(h.session_number > 1 AS BOOLEAN) AS is_returning,
    CAST(h.session_number = h.sessions AS BOOLEAN) AS is_latest,
    CASE WHEN h.session_number > 1 THEN date_diff('day', h.date_before, h.session_date_local) END
        AS days_since_previous,
    date_diff('day', min(h.session_date_local) OVER person, h.session_date_local) AS days_since_first,
    h.session_channel_group AS channel_group,
    h.session_source AS source,
    h.session_medium AS medium,
    h.session_campaign AS campaign,
    max(CASE WHEN h.session_number = 1 THEN h.session_channel_group END) OVER person AS first_touch_channel_group,
    max(CASE WHEN h.session_number = 1 THEN h.session_source END) OVER person AS first_touch_source,
    max(CASE WHEN h.session_number = 1 THEN h.session_medium END) OVER person AS first_touch_medium,
    max(CASE WHEN h.session_number = 1 THEN h.session_campaign END) OVER person AS first_touch_campaign,
    max(CASE WHEN h.session_number = h.touch THEN h.session_channel_group END) OVER touched
        AS last_non_direct_channel_group,
    max(CASE WHEN h.session_number = h.touch THEN h.session_source END) OVER touched AS last_non_direct_source,
    max(CASE WHEN h.session_number = h.touch THEN h.session_medium END) OVER touched AS last_non_direct_medium,
    max(CASE WHEN h.session_number = h.touch THEN h.session_campaign END) OVER touched AS last_non_direct_campaign,
    h.session_entry_page_path AS landing_page,
    h.session_exit_page_path AS exit_page,
    h.session_device_category AS device_category,
    h.session_geo_country AS country,
    h.session_bot_score AS bot_score,
    h.session_duration AS duration,
    h.session_total_events AS events,
    h.session_total_page_views AS page_views,
    h.session_total_key_events AS key_events,
    h.session_is_engaged AS is_engaged,
    h.session_is_bounced AS is_bounced,
    h.orders AS orders,
    h.order_currency AS currency,
    h.order_revenue AS revenue,
    h.order_revenue_in_usd AS revenue_in_usd
FROM (
    SELECT
        n.*,
        lag(n.session_date_local) OVER (
            PARTITION BY n.property_id, n.person_id ORDER BY n.session_number
        ) AS date_before,
        CAST(count(*) OVER (PARTITION BY n.property_id, n.person_id) AS BIGINT) AS sessions,
        coalesce(
            max(CASE WHEN n.session_source <> '(direct)' THEN n.session_number END) OVER (
                PARTITION BY n.property_id, n.person_id
                ORDER BY n.session_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ), 1
        ) AS touch
    FROM (
        SELECT
            s.property_id, s.property_name, s.session_date_local, s.session_id, s.session_first_event_time,
            s.tracking_protocol, s.client_id, s.person_user_id, s.person_id, s.session_channel_group,
            s.session_source, s.session_medium, s.session_campaign, s.session_entry_page_path,
            s.session_exit_page_path, s.session_device_category, s.session_geo_country, s.session_bot_score,
            s.session_duration, s.session_total_events, s.session_total_page_views, s.session_total_key_events,
            s.session_is_engaged, s.session_is_bounced, s.orders, s.order_currency, s.order_revenue,
            s.order_revenue_in_usd,
            CAST(
                row_number() OVER (
                    PARTITION BY s.property_id, s.person_id ORDER BY s.session_first_event_time, s.session_id
                ) AS BIGINT
            ) AS session_number
        FROM "person_sessions" AS s
    ) AS n
) AS h
WINDOW
    person AS (PARTITION BY h.property_id, h.person_id),
    touched AS (PARTITION BY h.property_id, h.person_id, h.touch)
COMMENT 'One row for each session, seen in the whole past of its person: which of their sessions it is, how long after the one before, what brought them first and what brought them last. [tracker f1875a52]';
CREATE VIEW IF NOT EXISTS `tracker`.`people` AS
SELECT
    a.property_id AS property_id,
    a.property_name AS property_name,
    a.person_id AS person_id,
    CASE WHEN a.user_id IS NULL THEN 'client' ELSE 'user' END AS kind,
    a.user_id AS user_id,
    a.clients AS clients,
    a.first_seen AS first_seen,
    a.last_seen AS last_seen,
    a.first_date AS first_date,
    a.last_date AS last_date,
    a.events AS events,
    a.page_views AS page_views,
    a.key_events AS key_events,
    coalesce(h.sessions, 0) AS sessions,
    coalesce(h.engaged_sessions, 0) AS engaged_sessions,
    h.first_channel_group AS first_channel_group,
    h.first_source AS first_source,
    h.first_medium AS first_medium,
    h.first_campaign AS first_campaign,
    h.first_landing_page AS first_landing_page,
    h.last_channel_group AS last_channel_group,
    h.last_source AS last_source,
    h.last_medium AS last_medium,
    h.last_campaign AS last_campaign,
    h.last_device_category AS last_device_category,
    h.last_country AS last_country,
    coalesce(b.orders, 0) AS orders,
    b.currency AS currency,
    CASE WHEN coalesce(b.currencies, 0) < 2 THEN coalesce(b.revenue, 0) END AS revenue,
    coalesce(b.revenue_in_usd, 0) AS revenue_in_usd
FROM (
    SELECT
        e.property_id AS property_id, max(e.property_name) AS property_name, e.person_id AS person_id,
        max(e.person_user_id) AS user_id,
        CAST(count(DISTINCT e.client_id) AS BIGINT) AS clients,
        min(e.timestamp_utc) AS first_seen, max(e.timestamp_utc) AS last_seen,
        min(e.date_local) AS first_date, max(e.date_local) AS last_date,
        CAST(count(*) AS BIGINT) AS events,
        CAST(count(*) FILTER (WHERE e.is_page_view) AS BIGINT) AS page_views,
        CAST(count(*) FILTER (WHERE e.is_key_event) AS BIGINT) AS key_events
    FROM "person_events" AS e
    GROUP BY e.property_id, e.person_id
) AS a
LEFT JOIN (
    SELECT
        s.property_id AS property_id, s.person_id AS person_id,
        CAST(count(*) AS BIGINT) AS sessions,
        CAST(count(*) FILTER (WHERE s.is_engaged) AS BIGINT) AS engaged_sessions,
        max(CASE WHEN s.is_new THEN s.channel_group END) AS first_channel_group,
        max(CASE WHEN s.is_new THEN s.source END) AS first_source,
        max(CASE WHEN s.is_new THEN s.medium END) AS first_medium,
        max(CASE WHEN s.is_new THEN s.campaign END) AS first_campaign,
        max(CASE WHEN s.is_new THEN s.landing_page END) AS first_landing_page,
        max(CASE WHEN s.is_latest THEN s.channel_group END) AS last_channel_group,
        max(CASE WHEN s.is_latest THEN s.source END) AS last_source,
        max(CASE WHEN s.is_latest THEN s.medium END) AS last_medium,
        max(CASE WHEN s.is_latest THEN s.campaign END) AS last_campaign,
        max(CASE WHEN s.is_latest THEN s.device_category END) AS last_device_category,
        max(CASE WHEN s.is_latest THEN s.country END) AS last_country
    FROM "session_history" AS s
    GROUP BY s.property_id, s.person_id
) AS h ON h.property_id = a.property_id AND h.person_id = a.person_id
LEFT JOIN (
    SELECT
        o.property_id AS property_id, o.person_id AS person_id,
        CAST(count(*) AS BIGINT) AS orders,
        count(DISTINCT coalesce(o.currency, '')) AS currencies,
        CASE WHEN count(DISTINCT coalesce(o.currency, '')) = 1 THEN max(o.currency) END AS currency,
        sum(o.revenue) AS revenue, sum(o.revenue_in_usd) AS revenue_in_usd
    FROM "order_events" AS o
    WHERE o.kind = 'order'
    GROUP BY o.property_id, o.person_id
) AS b ON b.property_id = a.property_id AND b.person_id = a.person_id
COMMENT 'One row for each person and property: a user with all of their devices, or a device that nobody was ever logged in on. Their first and last traces, what they did and what they bought. [tracker 08b18b5d]';
CREATE VIEW IF NOT EXISTS `tracker`.`daily_traffic` AS
SELECT
    d.property_id AS property_id,
    max(d.property_name) AS property_name,
    d.date AS date,
    CAST(sum(d.visitors) AS BIGINT) AS visitors,
    CAST(sum(d.new_visitors) AS BIGINT) AS new_visitors,
    CAST(sum(d.visitors) - sum(d.new_visitors) AS BIGINT) AS returning_visitors,
    CAST(sum(d.clients) AS BIGINT) AS clients,
    CAST(sum(d.sessions) AS BIGINT) AS sessions,
    CAST(sum(d.engaged_sessions) AS BIGINT) AS engaged_sessions,
    CAST(sum(d.bounced_sessions) AS BIGINT) AS bounced_sessions,
    CAST(sum(d.events) AS BIGINT) AS events,
    CAST(sum(d.page_views) AS BIGINT) AS page_views,
    CAST(sum(d.key_events) AS BIGINT) AS key_events,
    sum(d.session_page_views) / nullif(sum(d.sessions), 0) AS pages_per_session,
    sum(d.session_seconds) / nullif(sum(d.sessions), 0) AS average_session_duration,
    CAST(sum(d.orders) AS BIGINT) AS orders,
    max(d.currency) AS currency,
    CASE WHEN sum(d.currencies) < 2 THEN coalesce(sum(d.revenue), 0) END AS revenue,
    coalesce(sum(d.revenue_in_usd), 0) AS revenue_in_usd
FROM (
    SELECT
        v.property_id AS property_id, max(v.property_name) AS property_name, v.date AS date,
        count(DISTINCT v.person_id) AS visitors,
        count(DISTINCT CASE WHEN v.first_date = v.date THEN v.person_id END) AS new_visitors,
        count(DISTINCT v.client_id) AS clients,
        sum(v.events) AS events, sum(v.page_views) AS page_views, sum(v.key_events) AS key_events,
        0 AS sessions, 0 AS engaged_sessions, 0 AS bounced_sessions, 0 AS session_page_views, 0 AS session_seconds,
        0 AS orders, 0 AS currencies, NULL AS currency, NULL AS revenue, NULL AS revenue_in_usd
    FROM (
        SELECT
            e.property_id AS property_id, max(e.property_name) AS property_name, e.date_local AS date,
            e.person_id AS person_id, e.client_id AS client_id,
            count(*) AS events,
            count(*) FILTER (WHERE e.is_page_view) AS page_views,
            count(*) FILTER (WHERE e.is_key_event) AS key_events,
            min(e.date_local) OVER (PARTITION BY e.property_id, e.person_id) AS first_date
        FROM "person_events" AS e
        GROUP BY e.property_id, e.date_local, e.person_id, e.client_id
    ) AS v
    GROUP BY v.property_id, v.date
    UNION ALL
    SELECT
        s.property_id, max(s.property_name), s.session_date_local,
        0, 0, 0, 0, 0, 0,
        count(*),
        count(*) FILTER (WHERE s.session_is_engaged),
        count(*) FILTER (WHERE s.session_is_bounced),
        coalesce(sum(s.session_total_page_views), 0), coalesce(sum(s.session_duration), 0),
        0, 0, NULL, NULL, NULL
    FROM "sessions" AS s
    GROUP BY s.property_id, s.session_date_local
    UNION ALL
    SELECT
        o.property_id, max(o.property_name), o.date,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        count(*),
        count(DISTINCT coalesce(o.currency, '')),
        CASE WHEN count(DISTINCT coalesce(o.currency, '')) = 1 THEN max(o.currency) END,
        sum(o.revenue), sum(o.revenue_in_usd)
    FROM "order_events" AS o
    WHERE o.kind = 'order'
    GROUP BY o.property_id, o.date
) AS d
GROUP BY d.property_id, d.date
COMMENT 'One row for each property and day on which anything happened there: visitors, sessions, page views, orders. [tracker f144f9f3]';
CREATE VIEW IF NOT EXISTS `tracker`.`channels` AS
SELECT
    s.property_id AS property_id,
    max(s.property_name) AS property_name,
    s.session_date_local AS date,
    s.session_channel_group AS channel_group,
    s.session_source AS source,
    s.session_medium AS medium,
    s.session_campaign AS campaign,
    CAST(count(*) AS BIGINT) AS sessions,
    CAST(count(DISTINCT s.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE s.session_is_engaged) AS BIGINT) AS engaged_sessions,
    count(*) FILTER (WHERE s.session_is_engaged) / nullif(count(*), 0) AS engagement_rate,
    CAST(count(*) FILTER (WHERE s.session_is_bounced) AS BIGINT) AS bounced_sessions,
    count(*) FILTER (WHERE s.session_is_bounced) / nullif(count(*), 0) AS bounce_rate,
    CAST(coalesce(sum(s.session_total_page_views), 0) AS BIGINT) AS page_views,
    sum(s.session_total_page_views) / nullif(count(*), 0) AS pages_per_session,
    sum(s.session_duration) / nullif(count(*), 0) AS average_session_duration,
    CAST(coalesce(sum(s.session_total_key_events), 0) AS BIGINT) AS key_events,
    CAST(sum(s.orders) AS BIGINT) AS orders,
    CASE
        WHEN min(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END)
            = max(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END) THEN max(s.order_currency)
    END AS currency,
    CASE
        WHEN max(s.order_currencies) < 2
            AND coalesce(min(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END), '')
            = coalesce(max(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END), '')
            THEN coalesce(sum(s.order_revenue), 0)
    END AS revenue,
    coalesce(sum(s.order_revenue_in_usd), 0) AS revenue_in_usd
FROM "person_sessions" AS s
GROUP BY s.property_id, s.session_date_local, s.session_channel_group, s.session_source, s.session_medium, s.session_campaign
COMMENT 'One row for each property, day, channel group, source, medium and campaign: the sessions that came so, and what came of them. [tracker bc39c3e6]';
CREATE VIEW IF NOT EXISTS `tracker`.`landing_pages` AS
SELECT
    s.property_id AS property_id,
    max(s.property_name) AS property_name,
    s.session_date_local AS date,
    s.session_entry_page_path AS landing_page,
    CAST(count(*) AS BIGINT) AS sessions,
    CAST(count(DISTINCT s.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE s.session_is_engaged) AS BIGINT) AS engaged_sessions,
    count(*) FILTER (WHERE s.session_is_engaged) / nullif(count(*), 0) AS engagement_rate,
    CAST(count(*) FILTER (WHERE s.session_is_bounced) AS BIGINT) AS bounced_sessions,
    count(*) FILTER (WHERE s.session_is_bounced) / nullif(count(*), 0) AS bounce_rate,
    CAST(coalesce(sum(s.session_total_page_views), 0) AS BIGINT) AS page_views,
    sum(s.session_total_page_views) / nullif(count(*), 0) AS pages_per_session,
    sum(s.session_duration) / nullif(count(*), 0) AS average_session_duration,
    CAST(coalesce(sum(s.session_total_key_events), 0) AS BIGINT) AS key_events,
    CAST(sum(s.orders) AS BIGINT) AS orders,
    CASE
        WHEN min(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END)
            = max(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END) THEN max(s.order_currency)
    END AS currency,
    CASE
        WHEN max(s.order_currencies) < 2
            AND coalesce(min(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END), '')
            = coalesce(max(CASE WHEN s.orders > 0 THEN coalesce(s.order_currency, '') END), '')
            THEN coalesce(sum(s.order_revenue), 0)
    END AS revenue,
    coalesce(sum(s.order_revenue_in_usd), 0) AS revenue_in_usd
FROM "person_sessions" AS s
GROUP BY s.property_id, s.session_date_local, s.session_entry_page_path
COMMENT 'One row for each property, day and first page of sessions: the sessions that began there, and what came of them. The page is null for sessions that viewed none. [tracker f5caa9cd]';
CREATE VIEW IF NOT EXISTS `tracker`.`exit_pages` AS
SELECT
    p.property_id AS property_id,
    max(p.property_name) AS property_name,
    p.date AS date,
    p.exit_page AS exit_page,
    CAST(sum(p.exits) AS BIGINT) AS exits,
    CAST(sum(p.visitors) AS BIGINT) AS visitors,
    CAST(sum(p.bounced_sessions) AS BIGINT) AS bounced_sessions,
    CAST(sum(p.views) AS BIGINT) AS views,
    sum(p.exits) / nullif(sum(p.views), 0) AS exit_rate
FROM (
    SELECT
        s.property_id AS property_id, max(s.property_name) AS property_name, s.session_date_local AS date,
        s.session_exit_page_path AS exit_page,
        count(*) AS exits,
        count(DISTINCT s.person_id) AS visitors,
        count(*) FILTER (WHERE s.session_is_bounced) AS bounced_sessions,
        0 AS views
    FROM "person_sessions" AS s
    GROUP BY s.property_id, s.session_date_local, s.session_exit_page_path
    UNION ALL
    SELECT e.property_id, max(e.property_name), e.session_date_local, e.page_path, 0, 0, 0, count(*)
    FROM "events" AS e
    WHERE e.is_page_view
    GROUP BY e.property_id, e.session_date_local, e.page_path
) AS p
GROUP BY p.property_id, p.date, p.exit_page
HAVING sum(p.exits) > 0
COMMENT 'One row for each property, day and last page of sessions: how many sessions ended there. The page is null for sessions that viewed none. [tracker 2fc2ab42]';
CREATE VIEW IF NOT EXISTS `tracker`.`page_paths` AS
SELECT
    e.property_id AS property_id,
    max(e.property_name) AS property_name,
    e.date_local AS date,
    e.page_path AS page_path,
    CAST(count(*) AS BIGINT) AS views,
    CAST(count(DISTINCT e.session_id) AS BIGINT) AS sessions,
    CAST(count(DISTINCT e.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE e.session_is_entry_page) AS BIGINT) AS entries,
    CAST(count(*) FILTER (WHERE e.session_is_exit_page) AS BIGINT) AS exits,
    CAST(count(*) FILTER (WHERE e.page_is_bounce) AS BIGINT) AS bounces,
    count(*) FILTER (WHERE e.session_is_exit_page) / nullif(count(*), 0) AS exit_rate,
    count(*) FILTER (WHERE e.page_is_bounce)
        / nullif(count(*) FILTER (WHERE e.session_is_entry_page), 0) AS bounce_rate,
    CAST(coalesce(sum(e.time_on_page), 0) AS BIGINT) AS time_on_page,
    sum(e.time_on_page) / nullif(count(*), 0) AS average_time_on_page
FROM "person_events" AS e
WHERE e.is_page_view
GROUP BY e.property_id, e.date_local, e.page_path
COMMENT 'One row for each property, day and page: how often it was viewed, by how many, for how long, and how often sessions began and ended there. [tracker 72225835]';
CREATE VIEW IF NOT EXISTS `tracker`.`event_counts` AS
SELECT
    e.property_id AS property_id,
    max(e.property_name) AS property_name,
    e.date_local AS date,
    e.name AS event_name,
    CAST(count(*) AS BIGINT) AS events,
    CAST(count(DISTINCT e.session_id) AS BIGINT) AS sessions,
    CAST(count(DISTINCT e.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE e.is_key_event) AS BIGINT) AS key_events
FROM "person_events" AS e
GROUP BY e.property_id, e.date_local, e.name
COMMENT 'One row for each property, day and name of an event: how often it happened, in how many sessions, to how many visitors. [tracker 051a330c]';
CREATE VIEW IF NOT EXISTS `tracker`.`engagement` AS
SELECT
    s.property_id AS property_id,
    max(s.property_name) AS property_name,
    s.session_date_local AS date,
    CAST(count(*) AS BIGINT) AS sessions,
    CAST(count(DISTINCT s.person_id) AS BIGINT) AS visitors,
    count(*) / nullif(count(DISTINCT s.person_id), 0) AS sessions_per_visitor,
    CAST(count(*) FILTER (WHERE s.session_is_engaged) AS BIGINT) AS engaged_sessions,
    count(*) FILTER (WHERE s.session_is_engaged) / nullif(count(*), 0) AS engagement_rate,
    coalesce(sum(s.session_engagement_time_ms), 0) / 1000 AS engagement_time,
    sum(s.session_engagement_time_ms) / 1000 / nullif(count(*), 0) AS engagement_time_per_session,
    sum(s.session_engagement_time_ms) / 1000 / nullif(count(DISTINCT s.person_id), 0) AS engagement_time_per_visitor,
    CAST(count(*) FILTER (WHERE s.session_is_bounced) AS BIGINT) AS bounced_sessions,
    count(*) FILTER (WHERE s.session_is_bounced) / nullif(count(*), 0) AS bounce_rate,
    count(*) FILTER (WHERE s.session_is_bounced_ga4) / nullif(count(*), 0) AS bounce_rate_ga4,
    count(*) FILTER (WHERE s.session_is_bounced_matomo) / nullif(count(*), 0) AS bounce_rate_matomo,
    sum(s.session_total_page_views) / nullif(count(*), 0) AS pages_per_session,
    sum(s.session_total_events) / nullif(count(*), 0) AS events_per_session,
    sum(s.session_duration) / nullif(count(*), 0) AS average_session_duration,
    CAST(count(*) FILTER (WHERE s.session_total_key_events > 0) AS BIGINT) AS key_event_sessions,
    count(*) FILTER (WHERE s.session_total_key_events > 0) / nullif(count(*), 0) AS key_event_rate
FROM "person_sessions" AS s
GROUP BY s.property_id, s.session_date_local
COMMENT 'One row for each property and day: how much the sessions that began on it were attended to, and how many of them bounced by each definition in use. [tracker c0fc5546]';
CREATE VIEW IF NOT EXISTS `tracker`.`orders` AS
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
    FROM "order_events" AS e
    WINDOW w AS (PARTITION BY e.property_id, e.order_key)
) AS o
WHERE o.kind = 'order'
COMMENT 'One row for each order, however often it was sent: the first sending of a transaction id counts. An order without an id is one by itself. [tracker 4cfd5009]';
CREATE VIEW IF NOT EXISTS `tracker`.`revenue_by_day` AS
SELECT
    o.property_id AS property_id,
    max(o.property_name) AS property_name,
    o.date AS date,
    o.currency AS currency,
    CAST(count(*) FILTER (WHERE o.kind = 'order') AS BIGINT) AS orders,
    CAST(count(DISTINCT CASE WHEN o.kind = 'order' THEN o.person_id END) AS BIGINT) AS customers,
    CAST(coalesce(sum(CASE WHEN o.kind = 'order' THEN o.quantity END), 0) AS BIGINT) AS quantity,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue END), 0) AS revenue,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.tax END), 0) AS tax,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.shipping END), 0) AS shipping,
    CAST(count(*) FILTER (WHERE o.kind = 'refund') AS BIGINT) AS refunds,
    coalesce(sum(CASE WHEN o.kind = 'refund' THEN o.refunded END), 0) AS refunded,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue ELSE -o.refunded END), 0) AS net_revenue,
    sum(CASE WHEN o.kind = 'order' THEN o.revenue END)
        / nullif(count(*) FILTER (WHERE o.kind = 'order' AND o.revenue IS NOT NULL), 0) AS average_order_value,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue_in_usd END), 0) AS revenue_in_usd,
    coalesce(sum(CASE WHEN o.kind = 'refund' THEN o.refunded_in_usd END), 0) AS refunded_in_usd,
    coalesce(sum(CASE WHEN o.kind = 'order' THEN o.revenue_in_usd ELSE -o.refunded_in_usd END), 0)
        AS net_revenue_in_usd,
    CAST(count(*) FILTER (WHERE coalesce(o.revenue, o.refunded) IS NOT NULL
        AND coalesce(o.revenue_in_usd, o.refunded_in_usd) IS NULL) AS BIGINT) AS amounts_without_usd
FROM "order_events" AS o
WHERE o.kind <> 'repeat'
GROUP BY o.property_id, o.date, o.currency
COMMENT 'One row for each property, day and currency: what orders brought and what was given back on that day. [tracker 154ef55a]';
CREATE VIEW IF NOT EXISTS `tracker`.`products` AS
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
                arrayJoin(e.ecommerce_items) AS item
            FROM "events" AS e
            WHERE e.name IN ('view_item', 'add_to_cart', 'ecommerce_cart_update')
                AND NOT coalesce(e.is_consent_update, false)
            UNION ALL
            SELECT
                o.event_id, o.property_id, o.property_name, o.date, o.session_id, o.currency, o.kind,
                arrayJoin(o.items) AS item
            FROM "order_events" AS o
            WHERE o.kind <> 'repeat'
        ) AS l
        UNION ALL
        SELECT
            e.property_id, e.property_name, e.date_local, 'view', e.session_id,
            coalesce('id:' || e.params_product_sku, 'name:' || e.params_product_name),
            e.params_product_sku, e.params_product_name, NULL, e.params_product_category_1,
            NULL, NULL, NULL, NULL, NULL, NULL
        FROM "events" AS e
        WHERE e.is_product_view
    ) AS i
    GROUP BY i.property_id, i.date, i.item_key, i.kind, i.whole
) AS d
GROUP BY d.property_id, d.date, d.item_key
COMMENT 'One row for each property, day and product: how often it was viewed, put into a cart, bought and given back. [tracker 13672524]';
CREATE VIEW IF NOT EXISTS `tracker`.`funnel` AS
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
            arrayStringConcat(arrayMap(x -> x.5, arraySort(groupArray((e.timestamp_utc, e.event_number, e.log_partition, e.log_offset, e.letter))))) AS path
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
) AS t
COMMENT 'One row for each property, day and step of a purchase: the sessions that came so far, each step after the one before it. [tracker 7a163e89]';
CREATE VIEW IF NOT EXISTS `tracker`.`retention_cohorts` AS
SELECT
    g.property_id AS property_id,
    g.property_name AS property_name,
    CAST('1900-01-01' AS Date32) + CAST(7 * g.cohort AS INTEGER) AS cohort,
    CAST('1900-01-01' AS Date32) + CAST(7 * g.shown AS INTEGER) AS week,
    CAST(g.shown - g.cohort AS BIGINT) AS week_number,
    g.cohort_visitors AS cohort_visitors,
    CAST(CASE WHEN g.shown = g.week THEN g.visitors ELSE 0 END AS BIGINT) AS visitors,
    CASE WHEN g.shown = g.week THEN g.visitors ELSE 0 END / nullif(g.cohort_visitors, 0) AS share
FROM (
    SELECT
        n.property_id AS property_id, n.property_name AS property_name, n.cohort AS cohort, n.week AS week,
        n.visitors AS visitors, n.cohort_visitors AS cohort_visitors,
        arrayJoin(range(n.week, n.next_week)) AS shown
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
                        CAST(floor(date_diff('day', CAST('1900-01-01' AS Date32), e.date_local) / 7) AS INTEGER) AS week
                    FROM "person_events" AS e
                    GROUP BY
                        e.property_id, e.person_id,
                        CAST(floor(date_diff('day', CAST('1900-01-01' AS Date32), e.date_local) / 7) AS INTEGER)
                ) AS v
            ) AS w
            GROUP BY w.property_id, w.cohort, w.week
        ) AS c
    ) AS n
) AS g
COMMENT 'One row for each property, week of first visits and later week: how many of the visitors that were first seen in the one came again in the other. Weeks begin on Monday. [tracker f5a406a5]';

