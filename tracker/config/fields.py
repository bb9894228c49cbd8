"""Looks into settings classes: which keys there are, and what type stands at a key."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

Key = tuple[str, ...]


def type_at(model: type[BaseModel], key: Key) -> Any:
    """The annotation at `key`; None where there is no such key or anything may stand there."""
    kind: Any = model
    for name in key:
        kind = _bare(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = annotation(kind, name) if name in kind.model_fields else None
        else:
            kind = get_args(kind)[1] if get_origin(kind) is dict else None
    return _bare(kind)


def names_at(model: type[BaseModel], key: Key) -> list[str]:
    """The keys of the section at `key`; empty where it is none, or takes any."""
    kind = type_at(model, key)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def sections(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The fields of `model` that are sections of their own."""
    for name in model.model_fields:
        kind = type_at(model, (name,))
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield name, kind


def annotation(model: type[BaseModel], name: str) -> Any:
    """A field's annotation, with the validators that pydantic keeps beside it."""
    field = model.model_fields[name]
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _bare(kind: Any) -> Any:
    """Without `Annotated` and without `| None`."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind) and len(get_args(kind)) == 2:
            kind = next(part for part in get_args(kind) if part is not type(None))
        else:
            return kind
