"""Renders templates once, with slots in place of the texts that differ between messages.

A template is rendered with slots instead of the texts of a reader, and the slots are filled for
each message. A template may output a slot, test whether it is set or runs from right to left, and
wrap it. Any other use raises an error or changes the slot's mark in the output. Then `prerender`
returns None, and the template is rendered for each message instead.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from digest.errors import SettingsError
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
    EncodedText,
    Fragment,
    encoded_text,
    fragment,
    joined,
)
from digest.mail.rendering.sanitize import is_rtl
from digest.mail.rendering.text_wrap import wrap

WRAPPED_PREFIX = "wrapped "
"""The start of the name of a slot whose text is wrapped when it is filled in."""

_EMPTY = fragment("")
_SLOT_MARK = re.compile("\0([a-z_. ]+)\0")  # display text never contains a NUL
# Nor these, which are around the name of a paper's text, and around a text that is wrapped later.
PAPER_MARK, WRAP_MARK = "\1", "\2"


class TemplateSlot:
    """A placeholder that a template gets instead of a text.

    Args:
        name: of the text that fills it.
        rtl: whether that text runs from right to left.
    """

    # Not a string, so that filters and comparisons fail instead of using the wrong text.

    def __init__(self, name: str, *, rtl: bool = False) -> None:
        self.name = name
        self.rtl = rtl

    def __str__(self) -> str:
        return f"\0{self.name}\0"

    def __html__(self) -> str:
        """Returns the mark unescaped; the text that fills it is escaped already."""
        return str(self)

    def __eq__(self, other: object) -> bool:
        raise TypeError(f"the text of {self.name} is not known yet")

    __hash__ = object.__hash__


class PaperSlot(TemplateSlot):
    """A placeholder for a text of a paper, which is filled in before the other slots."""

    def __str__(self) -> str:
        return f"{PAPER_MARK}{self.name}{PAPER_MARK}"


def slot_or_empty(name: str, text: str, *, rtl: bool = False) -> str | TemplateSlot:
    """Returns a slot for a text; an empty text stays, as templates leave out what is around it."""
    return TemplateSlot(name, rtl=rtl) if text else ""


CONTENT_SLOT = TemplateSlot("inner")
"""The slot of a frame for its content."""


def wrap_or_slot(
    text: str | TemplateSlot, first: str = "", rest: str | None = None
) -> str | TemplateSlot:
    """Wraps a text; a slot is marked to be wrapped later. The filter `wrap` of templates.

    Args:
        text: the text or slot, or a text with slots of a paper in it.
        first: the prefix of the first line.
        rest: the prefix of the other lines; None: `first`.

    Raises:
        TypeError: a slot with a prefix; such a template cannot be prerendered.
    """
    if isinstance(text, PaperSlot) or (isinstance(text, str) and PAPER_MARK in text):
        return WRAP_MARK.join(("", first, first if rest is None else rest, str(text), ""))
    if isinstance(text, TemplateSlot) and not first and not rest:
        return TemplateSlot(WRAPPED_PREFIX + text.name)
    return wrap(text, first, rest)  # type: ignore[arg-type]  # raises for a slot, as documented


def is_rtl_or_slot(text: str | TemplateSlot) -> bool:
    """Whether a text or slot runs from right to left. The test `rtl` of templates."""
    return text.rtl if isinstance(text, TemplateSlot) else is_rtl(text)


class SlottedTemplate(Struct, frozen=True, kw_only=True):
    """The output of a template: fragments, with slots between them."""

    fragments: tuple[Fragment, ...]  # an empty one at the position of each slot
    slots: tuple[tuple[int, str], ...]  # position in `fragments`, and name

    def fill(self, values: Mapping[str, Fragment]) -> list[Fragment]:
        """Returns the fragments with the slots filled.

        Args:
            values: the fragment for each slot, by name.
        """
        filled = [*self.fragments]
        for position, name in self.slots:
            filled[position] = values[name]
        return filled

    def split(self, name: str) -> "list[SlottedTemplate]":
        """Returns the templates before, between and after the slots of a name."""
        parts: list[SlottedTemplate] = []
        start = 0
        ends = [position for position, slot in self.slots if slot == name]
        for end in (*ends, len(self.fragments)):
            slots = [(at - start, slot) for at, slot in self.slots if start <= at < end]
            parts.append(SlottedTemplate(fragments=self.fragments[start:end], slots=tuple(slots)))
            start = end + 1
        return parts

    def prepared(self, names: Sequence[str]) -> "PreparedTemplate":
        """Returns the template for filling by position.

        Args:
            names: the names of the slots, in the order of the values that will fill them.
        """
        return PreparedTemplate(
            pieces=[item.encoded for item in self.fragments],
            size=sum([item.size for item in self.fragments]),
            slots=tuple((position, names.index(name)) for position, name in self.slots),
        )


class PreparedTemplate(Struct, frozen=True, kw_only=True, gc=False):
    """A template with slots, in the form that is filled for each message."""

    pieces: list[bytes]  # encoded; an empty one at the position of each slot
    size: int  # of the text without the slots in UTF-8, in bytes
    slots: tuple[tuple[int, int], ...]  # position in `pieces`, and index of the value

    def fill(self, values: Sequence[Fragment], into: EncodedText) -> None:
        """Appends the filled template.

        Args:
            values: the fragments for the slots.
            into: the text to which it is added.
        """
        pieces, size = into.pieces, self.size
        start = len(pieces)
        pieces += self.pieces
        for position, index in self.slots:
            value = values[index]
            pieces[start + position] = value.encoded
            size += value.size
        into.size += size


def parse_slots(text: str) -> SlottedTemplate:
    """Splits the output of a template at its slots.

    Raises:
        ValueError: the template changed the mark of a slot.
    """
    fragments: list[Fragment] = []
    slots: list[tuple[int, str]] = []
    for index, part in enumerate(_SLOT_MARK.split(text)):
        if index % 2:
            slots.append((len(fragments), part))
            fragments.append(_EMPTY)
        elif "\0" in part:
            raise ValueError("the template changes what is filled in later")
        elif part:
            fragments.append(fragment(part))
    return SlottedTemplate(fragments=tuple(fragments), slots=tuple(slots))


def prerender(
    render_slots: Callable[[], Iterable[str]],
    fill: Callable[[SlottedTemplate], Iterable[Fragment]],
    render_plain: Callable[[], str] | None,
) -> tuple[SlottedTemplate, ...] | None:
    """Renders a template with slots; None if it must be rendered for each message.

    Args:
        render_slots: renders the template with slots; returns one or more texts.
        fill: fills the slots with the texts of one message.
        render_plain: renders the template for that message without slots. Its output must be
            equal to the filled one. None for built-in templates, which the tests compare.
    """
    try:
        templates = tuple(map(parse_slots, render_slots()))
        is_equal = (
            render_plain is None
            or "".join(joined(fill(template)) for template in templates) == render_plain()
        )
    except Exception:  # noqa: BLE001 - a template may raise anything; if it is wrong, rendering it again reports that
        return None
    return templates if is_equal else None


Values = Mapping[str, str | None]
FrameParts = tuple[EncodedText, EncodedText]
"""What a frame has before its content, and what it has after it."""

_NO_VALUES: Mapping[str, object] = MappingProxyType({})


Encode = Callable[[str], Fragment]
"""Returns the fragment for a text."""

EncoderOf = Callable[[str], tuple[str, Encode]]
"""Returns for the name of a slot the name of its value, and how that is encoded."""


class _FrameHalf(Struct, frozen=True):
    """What a frame has before or after its content, and how its slots are filled."""

    template: PreparedTemplate
    values: tuple[tuple[str, Encode], ...]

    @classmethod
    def of(cls, half: SlottedTemplate, encoder_of: EncoderOf) -> "_FrameHalf":
        """Returns the half in the form that is filled for each message."""
        names = tuple(dict.fromkeys(name for _, name in half.slots))
        return cls(half.prepared(names), tuple(map(encoder_of, names)))

    def filled(self, values: Values) -> EncodedText:
        """Returns the half with these texts in its slots."""
        template = self.template
        if not self.values:
            return EncodedText(template.pieces.copy(), template.size)
        text = EncodedText()
        template.fill([encode(values[name] or "") for name, encode in self.values], text)
        return text


def form_of(values: Values) -> tuple[object, ...]:
    """Returns which of the texts are set, and which run from right to left."""
    return tuple([text and not text.isascii() and is_rtl(text) for text in values.values()])


class FrameTemplate:
    """A template with content in it, such as a section with its cards.

    Args:
        file: the name of its file, for error messages.
        content_name: the variable of the content; the template must output it exactly once.
        render: returns the output of the template, with `CONTENT_SLOT` as its content.
        encoder_of: says how the slots are filled.
        max_cached: how many prerendered forms are cached; 0: the template is rendered for each
            message.
        is_custom: the template may be an operator's.
    """

    def __init__(
        self,
        file: str,
        content_name: str,
        render: Callable[[Mapping[str, object]], str],
        encoder_of: EncoderOf,
        *,
        max_cached: int,
        is_custom: bool,
    ) -> None:
        self._file = file
        self._content_name = content_name
        self._render = render
        self._encoder_of = encoder_of
        self._max_cached = max_cached
        self._is_custom = is_custom
        self._cache = BoundedCache[tuple[object, ...], tuple[_FrameHalf, ...]](max_cached)

    def around(
        self,
        values: Values,
        *,
        form: tuple[object, ...] | None = None,
        unslotted: Mapping[str, object] = _NO_VALUES,
        **conditions: object,
    ) -> FrameParts:
        """Renders the frame, and returns the parts before and after the content.

        Args:
            values: texts; the template gets slots instead of them when it is prerendered.
            form: `form_of(values)`, if it is known already.
            unslotted: further variables, only for a template that is rendered for each message.
            **conditions: values that the template may use in conditions; never slots.

        Raises:
            SettingsError: the template does not output its content exactly once.
        """
        if self._max_cached:
            # Templates may branch on the conditions, and on the form of the texts.
            key = (*conditions.values(), form_of(values) if form is None else form)
            halves = self._cache.get(key)
            if halves is None:
                # An empty tuple is cached, too: this form cannot be prerendered.
                prerendered = self._prerender(values, conditions, unslotted) or ()
                halves = self._cache.put(
                    key, tuple([_FrameHalf.of(half, self._encoder_of) for half in prerendered])
                )
            if halves:
                before, after = halves
                return before.filled(values), after.filled(values)
        before_text, after_text = self._render_halves({**values, **conditions, **unslotted})
        return encoded_text([fragment(before_text)]), encoded_text([fragment(after_text)])

    def _prerender(
        self, values: Values, conditions: Mapping[str, object], unslotted: Mapping[str, object]
    ) -> tuple[SlottedTemplate, ...] | None:
        slots = {
            name: TemplateSlot(name, rtl=is_rtl(text)) if text else text
            for name, text in values.items()
        }

        def render_plain() -> str:
            return "".join(self._render_halves({**values, **conditions, **unslotted}))

        return prerender(
            lambda: self._render_halves({**slots, **conditions}),
            lambda half: self._fill(half, values),
            render_plain if self._is_custom else None,
        )

    def _render_halves(self, variables: Mapping[str, object]) -> Sequence[str]:
        halves = self._render(variables).split(str(CONTENT_SLOT))
        if len(halves) != 2:
            raise SettingsError(
                f"{self._file}: it shows no {self._content_name}, or more than once; "
                f"write {{{{ {self._content_name} }}}} where they go"
            )
        return halves

    def _fill(self, half: SlottedTemplate, values: Values) -> list[Fragment]:
        filled: dict[str, Fragment] = {}
        for _, slot in half.slots:
            name, encode = self._encoder_of(slot)
            filled[slot] = encode(values[name] or "")
        return half.fill(filled)
