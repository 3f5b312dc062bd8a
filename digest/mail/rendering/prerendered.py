"""What a template gives around holes, which are filled for each reader.

A template is rendered with holes in place of what differs from letter to letter. A hole can
only be written out, asked whether it is set and whether it runs from right to left, and
wrapped; whatever else a template does with one shows in an error or in a broken hole, and
then it is rendered anew for every letter (`cast` gives None).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from digest.errors import SettingsError
from digest.mail.rendering.encoded_fragments import (
    AnyFragment,
    BoundedCache,
    Fragment,
    PlainFragment,
    fragment,
    joined,
)
from digest.mail.rendering.sanitize import is_rtl
from digest.mail.rendering.text_wrap import wrap

WRAPPED = "wrapped "
"""What the name of a hole begins with that a template wraps."""

_HOLE = re.compile("\0([a-z_. ]+)\0")  # no text that is shown has a NUL


class TemplateSlot:
    """What a template is given in place of a text that is filled in later."""

    # Not a string, so that filters and comparisons fail and are not done to the wrong text.

    def __init__(self, name: str, *, rtl: bool = False) -> None:
        self.name = name
        self.rtl = rtl

    def __str__(self) -> str:
        return f"\0{self.name}\0"

    def __html__(self) -> str:
        """The same: what fills it is escaped already."""
        return str(self)

    def __eq__(self, other: object) -> bool:
        raise TypeError(f"the text of {self.name} is not known yet")

    __hash__ = object.__hash__


CONTENT_SLOT = TemplateSlot("inner")
"""The hole of a frame: what stands between its halves."""


def wrapped(
    text: str | TemplateSlot, first: str = "", rest: str | None = None
) -> str | TemplateSlot:
    """`wrap` for templates."""
    if isinstance(text, TemplateSlot) and not first and not rest:
        return TemplateSlot(WRAPPED + text.name)
    return wrap(text, first, rest)  # type: ignore[arg-type]  # fails on a hole, as it must


def runs_left(text: str | TemplateSlot) -> bool:
    """`is_rtl` for templates."""
    return text.rtl if isinstance(text, TemplateSlot) else is_rtl(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlottedTemplate:
    """Fragments with holes between them."""

    slots: tuple[Fragment, ...]  # in place of a hole, an empty one
    holes: tuple[tuple[int, str], ...]  # their places in the slots, and their names

    def filled(self, values: Mapping[str, Fragment]) -> list[AnyFragment]:
        """The pieces with the holes filled."""
        pieces: list[AnyFragment] = [*self.slots]
        for place, name in self.holes:
            pieces[place] = values[name]
        return pieces


def parse_slots(text: str) -> SlottedTemplate:
    """What a template made of holes and all else.

    Raises:
        ValueError: a hole is broken.
    """
    slots: list[Fragment] = []
    holes: list[tuple[int, str]] = []
    for index, part in enumerate(_HOLE.split(text)):
        if index % 2:
            holes.append((len(slots), part))
            slots.append(fragment(""))
        elif "\0" in part:
            raise ValueError("the template changes what is filled in later")
        elif part:
            slots.append(fragment(part))
    return SlottedTemplate(slots=tuple(slots), holes=tuple(holes))


def prerender(
    make: Callable[[], Iterable[str]],
    fill: Callable[[SlottedTemplate], Iterable[AnyFragment]],
    plain: Callable[[], str] | None,
) -> tuple[SlottedTemplate, ...] | None:
    """The moulds of what a template made of holes; None if it must be rendered for each letter.

    Args:
        make: renders it with holes.
        fill: fills a mould with what one letter has.
        plain: renders it for that letter: both must be the same. None for built-in templates,
            which the tests compare.
    """
    try:
        moulds = tuple(map(parse_slots, make()))
        same = plain is None or "".join(joined(fill(one)) for one in moulds) == plain()
    except Exception:  # noqa: BLE001 - of whatever the template tried; if it is wrong, rendering says so
        return None
    return moulds if same else None


Values = Mapping[str, str | None]
Halves = tuple[list[AnyFragment], list[AnyFragment]]
_NOTHING: Mapping[str, object] = MappingProxyType({})


class FrameTemplate:
    """A template that is written around what is joined into it.

    Args:
        name: of its file, for messages.
        what: is joined into it; it must show that once.
        render: gives its text, with `INNER` for that.
        encode: a text as it fills a hole of this name.
        most: how many moulds are kept; 0: it is rendered for each letter.
        own: the template may be an operator's.
    """

    def __init__(
        self,
        name: str,
        what: str,
        render: Callable[[Mapping[str, object]], str],
        encode: Callable[[str, Values], Fragment],
        *,
        most: int,
        own: bool,
    ) -> None:
        self._name = name
        self._what = what
        self._render = render
        self._encode = encode
        self._most = most
        self._own = own
        self._moulds = BoundedCache[tuple[object, ...], tuple[SlottedTemplate, ...]](most)

    def around(
        self, values: Values, *, whole: Mapping[str, object] = _NOTHING, **given: object
    ) -> Halves:
        """What stands before and after.

        Args:
            values: texts, which become holes.
            whole: what a template sees besides where it is rendered for this letter alone.
            given: what a template may decide by, and always sees as it is.

        Raises:
            SettingsError: the template does not show what is joined into it.
        """
        if self._most:
            key = (*given.values(), *[text and is_rtl(text) for text in values.values()])
            halves = self._moulds.get(key)
            if halves is None:
                halves = self._moulds.put(key, self._cast(values, given, whole) or ())
            if halves:
                return self._filled(halves[0], values), self._filled(halves[1], values)
        before, after = self._halves({**values, **given, **whole})
        return [PlainFragment(before)], [PlainFragment(after)]

    def _cast(
        self, values: Values, given: Mapping[str, object], whole: Mapping[str, object]
    ) -> tuple[SlottedTemplate, ...] | None:
        holes = {
            name: TemplateSlot(name, rtl=is_rtl(text)) if text else text
            for name, text in values.items()
        }
        return prerender(
            lambda: self._halves({**holes, **given}),
            lambda half: self._filled(half, values),
            (lambda: "".join(self._halves({**values, **given, **whole}))) if self._own else None,
        )

    def _halves(self, shown: Mapping[str, object]) -> Sequence[str]:
        halves = self._render(shown).split(str(CONTENT_SLOT))
        if len(halves) != 2:
            raise SettingsError(
                f"{self._name}: it shows no {self._what}, or more than once; "
                f"write {{{{ {self._what} }}}} where they go"
            )
        return halves

    def _filled(self, half: SlottedTemplate, values: Values) -> list[AnyFragment]:
        return half.filled({name: self._encode(name, values) for _, name in half.holes})
