"""The settings of each property: `[properties.ID]` over `[defaults]`, checked against what the protocols know."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_origin
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationError

from tracker.config.fields import type_at
from tracker.config.invalid import InvalidSetting, problem
from tracker.config.properties import Properties
from tracker.config.settings import PropertySettings, Settings
from tracker.errors import Problems, did_you_mean

ModelT = TypeVar("ModelT", bound=PropertySettings)


def property_settings(settings: Settings, model: type[ModelT]) -> Properties[ModelT]:
    """Every property's settings as `model`, which joins the property settings of all protocols.

    A property's own keys win over `[defaults]`; tables inside are merged key by key. A text where a list is expected is
    read as separated by commas. Raises `Problems` with every unknown key and bad value of every section.
    """
    problems: list[InvalidSetting] = []
    default = _checked("defaults", settings.defaults, {}, model, problems)
    base = settings.defaults if default else {}
    known = {
        name: checked
        for name, section in settings.properties.items()
        if (checked := _checked(f"properties.{name}", section, base, model, problems))
    }
    if problems or default is None:
        raise Problems(problems)
    return Properties(known, default, properties_only=settings.properties_only)


def _checked(
    name: str, section: Mapping[str, Any], base: Mapping[str, Any], model: type[ModelT], problems: list[InvalidSetting]
) -> ModelT | None:
    """The settings of one section; None, with what is wrong added to `problems`, where it is not valid."""
    try:
        checked = model.model_validate(_over(base, _lists(section, model)))
    except ValidationError as error:
        problems += [InvalidSetting(_dotted(name, *detail["loc"]), problem(detail, model)) for detail in error.errors()]
        return None
    if "time_zone" in section and not _is_time_zone(checked.time_zone):
        near = did_you_mean(checked.time_zone, available_timezones())
        problems.append(InvalidSetting(f"{name}.time_zone", f"there is no time zone {checked.time_zone!r}{near}"))
        return None
    return checked


def _over(base: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in section.items():
        below = merged.get(key)
        merged[key] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _lists(section: Mapping[str, Any], model: type[ModelT]) -> dict[str, Any]:
    return {
        key: [part.strip() for part in value.split(",")]
        if isinstance(value, str) and get_origin(type_at(model, (key,))) is tuple
        else value
        for key, value in section.items()
    }


def _dotted(*key: str | int) -> str:
    return ".".join(str(part) for part in key)


@cache
def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
