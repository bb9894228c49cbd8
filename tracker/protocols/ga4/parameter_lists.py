"""Parameters and user properties as lists, whatever they are called."""

from typing import Annotated, Any

import pyarrow as pa

from tracker.columns import Events, Float64, NamedValues, String, event, list_of, lists, ops, session, struct_of, words
from tracker.protocols.ga4.columns import GA4

Parameter = struct_of(name=String, value_string=String, value_number=Float64)
ParameterList = Annotated[pa.ListArray, list_of(Parameter)]
"""Each with its name, and its value either as text or as a number."""

ga4_event_parameters = words.params("ep", protocol=GA4, doc="What begins with ep. and epn., named from the dot on.")
ga4_user_properties = words.params("up", protocol=GA4, doc="What begins with up. and upn., named from the dot on.")


@event(protocol=GA4)
def params(ga4_event_parameters: NamedValues) -> ParameterList:
    """Every parameter of the event in the order it was sent in, also those that have a column of their own.

    A number that cannot be read stands as text.
    """
    return _typed(ga4_event_parameters)


@event(protocol=GA4)
def user_properties(ga4_user_properties: NamedValues) -> ParameterList:
    """User properties as sent with this event: a tag sends one only when it has changed."""
    return _typed(ga4_user_properties)


@event(protocol=GA4)
def user_properties_carried(user_properties: Events[ParameterList], client_id: Events[String]) -> ParameterList:
    """What is known of the user at this event: the last value of each user property that this client has sent in the
    session so far. At most 100 properties of a client.
    """
    sent = lists.members(user_properties.values)
    if not len(sent):
        return user_properties.values
    clients = ops.numbers_of(client_id.values) + len(client_id) * client_id.run_of
    return lists.lists_of(lists.carried(sent, ops.field(sent.values, "name"), clients))


@session(protocol=GA4)
def session_user_properties(user_properties: Events[ParameterList]) -> ParameterList:
    """The last value in the session of each user property."""
    sent = lists.members(user_properties.values)
    by_session = Events[Any](sent.values, sent.offsets[user_properties.offsets])
    return lists.lists_of(lists.last_of_each(by_session, ops.field(sent.values, "name")))


def _typed(named: Any) -> Any:
    """`.plan` is the text `plan`, `n.visits` the number `visits`; names that begin otherwise are left out."""
    sent = lists.members(named)
    if not len(sent):
        return lists.lists_of(Events(pa.nulls(0, Parameter), sent.offsets))
    kept = sent.where(ops.matches(ops.field(sent, "name"), r"^n?\."))
    name, value = ops.field(kept.values, "name"), ops.cut_text(ops.field(kept.values, "value"))
    is_number = ops.starts_with(name, "n.")
    number = ops.as_float(ops.only_where(is_number, value))
    typed = lists.struct(
        name=ops.if_else(is_number, ops.characters_from(name, 2), ops.characters_from(name, 1)),
        value_string=ops.only_where(ops.is_null(number), value),
        value_number=number,
    )
    return lists.lists_of(Events(typed, kept.offsets))
