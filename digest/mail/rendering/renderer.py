"""An edition becomes a letter: subject, HTML and text.

What is shown only ever passes as escaped values (HTML) or as plain text. The same edition
gives the same bytes.

Both parts are a frame and, in it, sections of cards. What letters share of them is made once
by the templates and kept encoded (`cards`, `moulds`); what is joined decodes to what the
templates give for one letter alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from markupsafe import Markup, escape

from digest.core.models.editions import Edition
from digest.mail.rendering.card_renderer import CardRenderer, WrittenCard
from digest.mail.rendering.card_view import Card, RenderCache
from digest.mail.rendering.encoded_fragments import (
    AnyFragment,
    Fragment,
    PlainFragment,
    fragment,
    joined,
    size,
)
from digest.mail.rendering.message_view import FooterLinks, MessageView, SectionView, build_view
from digest.mail.rendering.prerendered import CONTENT_SLOT, WRAPPED, FrameTemplate, Values
from digest.mail.rendering.template_engine import SHELL, TemplateEngine, safe, template_errors
from digest.mail.rendering.text_wrap import wrap
from digest.mail.rendering.theme import Theme
from digest.mail.rendering.wording import Wording, template_folder

LIMIT = 88_000
"""Bytes of HTML at most. Gmail hides what comes after 102 KB, and the way out with it."""

_LINES = 6_000  # of them for the titles of papers that have no room for more
_HEADING = 700  # what a section's heading costs at most, but for very long names
_FRAMES = 1000  # of each kind kept: there are as many as forms of letters

Pieces = tuple[AnyFragment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedContent:
    """A letter's content: its parts in pieces, and as texts."""

    subject: str
    html_pieces: Pieces
    text_pieces: Pieces  # lines end in \n

    @property
    def html(self) -> str:
        """The HTML part."""
        return joined(self.html_pieces)

    @property
    def text(self) -> str:
        """The plain-text part."""
        return joined(self.text_pieces)


class Renderer:
    """Templates, read and compiled once.

    Args:
        overrides: the operator's own template folder; a file in it (`mail/card.html`)
            replaces ours. Its templates run in Jinja's sandbox.
        theme: colours, logo, name and address.
        keep: how many papers' cards are kept for further letters, where all editions come
            from one store, in which a revision is what it is.

    Raises:
        SettingsError: a template or its text cannot be read; says which and where.
    """

    def __init__(
        self, *, overrides: Path | None = None, theme: Theme | None = None, keep: int = 0
    ) -> None:
        folders = [*([overrides] if overrides else []), template_folder()]
        own = overrides is not None
        self._words = Wording.read(folders)
        self._theme = theme or Theme()
        self._keeping = RenderCache(keep)
        engine = TemplateEngine(folders, sandboxed=own, words=self._words, theme=self._theme)
        with template_errors():
            self._cards = CardRenderer(engine, self._words, most=4 * keep, own=own)
            self._line = engine.template("line.html")
            self._more = engine.template("more.html")
            self._more_text = engine.template("more.txt")
            shell, text = engine.shell(), engine.template("digest.txt")
            section, section_text = engine.template("section.html"), engine.template("section.txt")
        most = _FRAMES if keep else 0
        self._frame = FrameTemplate(
            SHELL,
            "papers",
            lambda shown: shell.render(letter=_letter(shown), papers=CONTENT_SLOT),
            _in_html,
            most=most,
            own=own,
        )
        self._section = FrameTemplate(
            "mail/section.html",
            "cards",
            lambda shown: section.render(shown, cards=CONTENT_SLOT),
            _in_html,
            most=most,
            own=own,
        )
        self._text_frame = FrameTemplate(
            "mail/digest.txt",
            "papers",
            lambda shown: (
                text.render(letter=_letter(shown), papers=CONTENT_SLOT).strip("\n") + "\n"
            ),
            _in_text,
            most=most,
            own=own,
        )
        self._text_section = FrameTemplate(
            "mail/section.txt",
            "cards",
            lambda shown: section_text.render(shown, cards=CONTENT_SLOT),
            _in_text,
            most=most,
            own=own,
        )

    def render(
        self,
        edition: Edition,
        *,
        list_name: str,
        reader_name: str,
        unsubscribe: str | None,
        base_url: str | None = None,
        profile_name: str | None,
        pause: str | None = None,
        change: str | None = None,
        ask: str | None = None,
        weekly: bool = False,
    ) -> RenderedContent:
        """The letter for this edition.

        Args:
            edition: what is shown.
            list_name: what the digest calls itself, unless the theme has a name.
            reader_name: may be empty.
            unsubscribe: an https or mailto address for the footer.
            base_url: where the list lives on the web; its name links there.
            profile_name: what to edit for another digest, such as `profiles/ada.toml`.
            pause: the address of a page that pauses the digest, where one answers.
            change: the address of a page that changes it, where one answers.
            ask: the mail address of a person who changes it; for want of the others.
            weekly: a week's edition: its lesser papers are shown short.

        Raises:
            SettingsError: an operator's template is wrong; says which and where.
        """
        letter = build_view(
            edition,
            self._words,
            list_name=self._theme.name or list_name,
            reader_name=reader_name,
            ways=FooterLinks(
                unsubscribe=unsubscribe,
                pause=pause,
                change=change,
                profile=profile_name,
                ask=ask,
            ),
            home=base_url,
            weekly=weekly,
            address=self._theme.address,
            kept=self._keeping,
        )
        with template_errors():
            return self._rendered(letter)

    def _rendered(self, letter: MessageView) -> RenderedContent:
        values = _values(letter)
        form = {"weekly": letter.weekly, "empty": letter.empty}
        frame = self._frame.around(values, whole={"letter": letter}, **form)
        text_frame = self._text_frame.around(values, whole={"letter": letter}, **form)
        cards = [card for shelf in letter.shelves for card in shelf.cards]
        written = [self._cards.written(card) for card in cards]
        html, text = self._shelved(letter.shelves, written)
        room = LIMIT - size(frame[0]) - size(frame[1]) - _HEADING * (len(letter.shelves) + 1)
        if size(html) > room:  # else the cards alone have room
            fit = _fitting(written, room)
            html, text = self._shelved(letter.shelves, written[:fit])
            if rest := cards[fit:]:
                html.append(PlainFragment(self._rest(rest)))
                text.append(PlainFragment(self._more_text.render(cards=rest)))
        return RenderedContent(
            subject=letter.subject,
            html_pieces=(*frame[0], *html, *frame[1]),
            text_pieces=(*text_frame[0], *text, *text_frame[1]),
        )

    def _shelved(
        self, shelves: Sequence[SectionView], written: Sequence[WrittenCard]
    ) -> tuple[list[AnyFragment], list[AnyFragment]]:
        """The sections of both parts, as far as the cards go."""
        html: list[AnyFragment] = []
        text: list[AnyFragment] = []
        start = 0
        for shelf in shelves:
            n = len(shelf.cards)
            shown = written[start : start + n]
            start += n
            if not shown:
                break
            heading = {"heading": shelf.heading}
            before, after = self._section.around(heading, rtl=shelf.rtl, n=n)
            first, last = self._text_section.around(heading, n=n)
            html += before
            text += first
            for card_html, card_text in shown:
                html += card_html
                text += card_text
            html += after
            text += last
        return html, text

    def _rest(self, rest: Sequence[Card]) -> str:
        """The titles that the HTML part has room for."""
        lines: list[Markup] = []
        room = _LINES
        for card in rest:
            html = self._line.render(paper=card.paper)
            room -= len(html.encode())
            if room < 0:
                break
            lines.append(safe(html))
        return self._more.render(n=len(rest), lines=lines, unnamed=len(rest) - len(lines))


def _fitting(written: Sequence[WrittenCard], room: int) -> int:
    """How many cards have room in the HTML part, beside the titles of those that have none."""
    if size([piece for html, _ in written for piece in html]) <= room:
        return len(written)
    room -= _LINES
    for number, (html, _) in enumerate(written):
        room -= size(html)
        if room < 0:
            return number
    return len(written)


def _values(letter: MessageView) -> Values:
    """The texts of a letter that its frames show."""
    ways = letter.ways
    return {
        "subject": letter.subject,
        "preheader": letter.preheader,
        "list_name": letter.list_name,
        "home": letter.home,
        "date": letter.date,
        "count": letter.count,
        "contents": letter.contents,
        "summary": letter.summary,
        "why": letter.why,
        "change": letter.change,
        "address": letter.address,
        "ways.unsubscribe": ways.unsubscribe,
        "ways.pause": ways.pause,
        "ways.change": ways.change,
    }


def _letter(shown: Mapping[str, object]) -> object:
    """What a frame's template sees as `letter`: the letter, or holes in its place."""
    if "letter" in shown:
        return shown["letter"]
    ways = {name.removeprefix("ways."): shown[name] for name in shown if name.startswith("ways.")}
    fields = {name: shown[name] for name in shown if "." not in name}
    return SimpleNamespace(**fields, ways=SimpleNamespace(**ways))


def _in_html(name: str, values: Values) -> Fragment:
    return _escaped(values[name] or "")


def _in_text(name: str, values: Values) -> Fragment:
    if name.startswith(WRAPPED):
        return _wrapped(values[name.removeprefix(WRAPPED)] or "")
    return _as_it_is(values[name] or "")


# Most of what frames show is the same in many letters of a day.
_escaped = lru_cache(maxsize=2000)(lambda text: fragment(escape(text)))
_wrapped = lru_cache(maxsize=2000)(lambda text: fragment(wrap(text)))
_as_it_is = lru_cache(maxsize=2000)(fragment)
