"""The device of a session: of each column the first value that is known, so an event without a user agent (a server's)
does not hide what the others tell.
"""

from tracker.columns.events import Events
from tracker.columns.types import Enumeration, String
from tracker.columns.words import session


@session
def session_device_category(device_category: Events[String]) -> Enumeration:
    """Kind of device, as the first event of the session that tells it."""
    return device_category.first_known()


@session
def session_device_language(device_language: Events[String]) -> Enumeration:
    """Language, as the first event of the session that tells it."""
    return device_language.first_known()


@session
def session_device_mobile_brand_name(device_mobile_brand_name: Events[String]) -> Enumeration:
    """Brand of the device, as the first event of the session that tells it."""
    return device_mobile_brand_name.first_known()


@session
def session_device_mobile_model_name(device_mobile_model_name: Events[String]) -> String:
    """Model of the device, as the first event of the session that tells it."""
    return device_mobile_model_name.first_known()


@session
def session_device_operating_system(device_operating_system: Events[String]) -> Enumeration:
    """Operating system, as the first event of the session that tells it."""
    return device_operating_system.first_known()


@session
def session_device_operating_system_version(device_operating_system_version: Events[String]) -> String:
    """Version of the operating system, as the first event of the session that tells it."""
    return device_operating_system_version.first_known()


@session
def session_device_screen_resolution(device_screen_resolution: Events[String]) -> String:
    """Screen size, as the first event of the session that tells it."""
    return device_screen_resolution.first_known()


@session
def session_device_web_browser(device_web_browser: Events[String]) -> Enumeration:
    """Browser, as the first event of the session that tells it."""
    return device_web_browser.first_known()


@session
def session_device_web_browser_version(device_web_browser_version: Events[String]) -> String:
    """Version of the browser, as the first event of the session that tells it."""
    return device_web_browser_version.first_known()
