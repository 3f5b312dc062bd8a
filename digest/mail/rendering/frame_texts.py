"""The texts in the frames of a message, and how they are encoded."""

from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace

from markupsafe import escape

from digest.mail.rendering.encoded_fragments import fragment
from digest.mail.rendering.message_view import MessageView
from digest.mail.rendering.prerendered import WRAPPED_PREFIX, Encode, Values
from digest.mail.rendering.text_wrap import wrap


def frame_values(view: MessageView) -> Values:
    """Returns the texts that the frames show."""
    ways = view.ways
    return {
        "subject": view.subject,
        "preheader": view.preheader,
        "list_name": view.list_name,
        "home": view.home,
        "date": view.date,
        "count": view.count,
        "contents": view.contents,
        "notice": view.notice,
        "summary": view.summary,
        "why": view.why,
        "change": view.change,
        "address": view.address,
        "ways.unsubscribe": ways.unsubscribe,
        "ways.pause": ways.pause,
        "ways.change": ways.change,
        "ways.online": ways.online,
        "ways.settings": ways.settings,
    }


def letter_of(variables: Mapping[str, object]) -> object:
    """Returns what a frame sees as `letter`: the view, or an object with slots in its fields."""
    if "letter" in variables:
        return variables["letter"]
    ways = {
        name.removeprefix("ways."): value
        for name, value in variables.items()
        if name.startswith("ways.")
    }
    fields = {name: value for name, value in variables.items() if "." not in name}
    return SimpleNamespace(**fields, ways=SimpleNamespace(**ways))


# Cached, as many messages of a day have the same texts in their frames.
_escaped_fragment = lru_cache(maxsize=2000)(lambda text: fragment(str(escape(text))))
_wrapped_fragment = lru_cache(maxsize=2000)(lambda text: fragment(wrap(text)))
_plain_fragment = lru_cache(maxsize=2000)(fragment)


def html_slot(name: str) -> tuple[str, Encode]:
    """Returns the text for a slot of an HTML template, and how it is encoded."""
    return name, _escaped_fragment


def text_slot(name: str) -> tuple[str, Encode]:
    """Returns the text for a slot of a plain-text template, and how it is encoded."""
    if name.startswith(WRAPPED_PREFIX):
        return name.removeprefix(WRAPPED_PREFIX), _wrapped_fragment
    return name, _plain_fragment
