"""The texts in the frames of a message, and how they are encoded."""

from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace

from digest.mail.rendering.encoded_fragments import Fragment, fragment, html_fragment
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


# Texts that are hardly ever those of another message: keeping them takes longer than encoding them.
_OWN_TEXTS = frozenset(("subject", "preheader", "contents", "why"))
_OWN_PREFIX = "ways."


def _wrapped_fragment(text: str) -> Fragment:
    return fragment(wrap(text))


# Cached, as many messages of a day have the same other texts in their frames.
_known_html_fragment = lru_cache(maxsize=2000)(html_fragment)
_known_wrapped_fragment = lru_cache(maxsize=2000)(_wrapped_fragment)
_known_fragment = lru_cache(maxsize=2000)(fragment)


def html_slot(name: str) -> tuple[str, Encode]:
    """Returns the text for a slot of an HTML template, and how it is encoded."""
    return name, html_fragment if _is_own(name) else _known_html_fragment


def text_slot(name: str) -> tuple[str, Encode]:
    """Returns the text for a slot of a plain-text template, and how it is encoded."""
    if name.startswith(WRAPPED_PREFIX):
        name = name.removeprefix(WRAPPED_PREFIX)
        return name, _wrapped_fragment if _is_own(name) else _known_wrapped_fragment
    return name, fragment if _is_own(name) else _known_fragment


def _is_own(name: str) -> bool:
    return name in _OWN_TEXTS or name.startswith(_OWN_PREFIX)
