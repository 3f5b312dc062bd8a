"""An edition becomes a letter: subject, HTML and text.

The MJML source is compiled once, before it has seen a paper; what is shown only ever
passes as escaped values (HTML) or as plain text. The same edition gives the same bytes.

The HTML is a frame (what stands before and after the papers) and, between, sections of
cards. A card is its paper's own part around two holes, `excerpt` and `why`, which are its
reader's. Everything is joined; nothing reads the whole document again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from markupsafe import Markup
from mjml import mjml2html

from digest.core.model import Edition
from digest.errors import SettingsError
from digest.mail.card import Card
from digest.mail.safe import is_rtl
from digest.mail.templates import Wording, template_folder
from digest.mail.theme import Theme
from digest.mail.view import LetterView, Ways, view
from digest.mail.wrap import wrap

SHELL = "mail/digest.mjml"
LIMIT = 88_000
"""Bytes of HTML at most. Gmail hides what comes after 102 KB, and the way out with it."""

_LINES = 6_000  # of them for the titles of papers that have no room for more
_HEADING = 700  # what a section's heading costs at most, but for very long names
_HOLE = "\0papers\0"  # no feed text has a NUL left


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A letter's content."""

    subject: str
    html: str
    text: str  # lines end in \n


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """A card of the HTML part, rendered."""

    card: Card
    html: Markup
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextSection:
    heading: str
    cards: tuple[str, ...]


class Renderer:
    """Templates, read and compiled once.

    Args:
        overrides: the operator's own template folder; a file in it (`mail/card.html`)
            replaces ours. Its templates run in Jinja's sandbox.
        theme: colours, logo, name and address.

    Raises:
        SettingsError: a template or its text cannot be read; says which and where.
    """

    def __init__(self, *, overrides: Path | None = None, theme: Theme | None = None) -> None:
        folders = [*([overrides] if overrides else []), template_folder()]
        self._words = Wording.read(folders)
        self._theme = theme or Theme()
        self._jinja = _environment(sandboxed=overrides is not None)(
            loader=FileSystemLoader(folders),
            # Jinja's select_autoescape() would leave .mjml out; only the text part is not HTML.
            autoescape=lambda name: name is None or not name.endswith(".txt"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters["wrap"] = wrap
        self._jinja.tests["rtl"] = is_rtl
        self._jinja.globals["t"] = self._words
        self._jinja.globals["theme"] = self._theme
        with _template_errors():
            source, file, _ = FileSystemLoader(folders).get_source(self._jinja, SHELL)
            self._shell = self._jinja.from_string(_compiled(source, file))
            self._card = self._template("card.html")
            self._excerpt = self._template("excerpt.html")
            self._why = self._template("why.html")
            self._section = self._template("section.html")
            self._line = self._template("line.html")
            self._more = self._template("more.html")
            self._text = self._template("digest.txt")
            self._text_card = self._template("card.txt")

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
    ) -> Rendered:
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
        letter = view(
            edition,
            self._words,
            list_name=self._theme.name or list_name,
            reader_name=reader_name,
            ways=Ways(
                unsubscribe=unsubscribe,
                pause=pause,
                change=change,
                profile=profile_name,
                ask=ask,
            ),
            home=base_url,
            weekly=weekly,
            address=self._theme.address,
        )
        with _template_errors():
            html, rest = self._html(letter)
            text = self._plain(letter, rest)
        return Rendered(subject=letter.subject, html=html, text=text)

    def _template(self, name: str) -> Template:
        return self._jinja.get_template(f"mail/{name}")

    def _html(self, letter: LetterView) -> tuple[str, Sequence[Card]]:
        """The HTML part, and the cards that it had no room for."""
        frame = self._shell.render(letter=letter, papers=Markup(_HOLE))  # noqa: S704 - a constant
        before, hole, after = frame.partition(_HOLE)
        if not hole:
            raise SettingsError(
                f"{SHELL}: it shows no papers; write {{{{ papers }}}} where they go"
            )
        cards = [self._filled(card) for shelf in letter.shelves for card in shelf.cards]
        room = LIMIT - _size(before) - _size(after) - _HEADING * (len(letter.shelves) + 1)
        kept = _fitting(cards, room)
        sections = [
            self._section.render(
                heading=shelf.heading,
                rtl=shelf.rtl,
                n=len(shelf.cards),
                cards=[kept[card.number].html for card in shelf.cards if card.number in kept],
            )
            for shelf in letter.shelves
            if shelf.cards[0].number in kept
        ]
        rest = [item.card for item in cards if item.card.number not in kept]
        if rest:
            sections.append(self._rest(rest))
        return "".join((before, *sections, after)), rest

    def _filled(self, card: Card) -> _Filled:
        html = self._card.render(
            card=card,
            excerpt=_safe(self._excerpt.render(card=card)) if card.excerpt else "",
            why=_safe(self._why.render(card=card)) if card.why else "",
        )
        return _Filled(card=card, html=_safe(html), size=_size(html))

    def _rest(self, rest: Sequence[Card]) -> str:
        lines: list[Markup] = []
        room = _LINES
        for card in rest:
            html = self._line.render(card=card)
            room -= _size(html)
            if room < 0:
                break
            lines.append(_safe(html))
        return self._more.render(n=len(rest), lines=lines, unnamed=len(rest) - len(lines))

    def _plain(self, letter: LetterView, rest: Sequence[Card]) -> str:
        left = {card.number for card in rest}
        sections = [
            _TextSection(
                heading=shelf.heading,
                cards=tuple(
                    self._text_card.render(card=card)
                    for card in shelf.cards
                    if card.number not in left
                ),
            )
            for shelf in letter.shelves
            if shelf.cards[0].number not in left
        ]
        text = self._text.render(letter=letter, sections=sections, more=rest)
        return text.strip("\n") + "\n"


def _fitting(cards: Sequence[_Filled], room: int) -> Mapping[int, _Filled]:
    """By number, the cards up to the first that has no room, with what the rest's titles need."""
    if sum(card.size for card in cards) > room:
        room -= _LINES
    kept: dict[int, _Filled] = {}
    for item in cards:
        room -= item.size
        if room < 0:
            break
        kept[item.card.number] = item
    return kept


def _size(html: str) -> int:
    return len(html.encode())


def _safe(html: str) -> Markup:
    """What a template gave: Jinja has escaped it."""
    return Markup(html)  # noqa: S704 - see above


def _environment(*, sandboxed: bool) -> type[Environment]:
    if not sandboxed:
        return Environment
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment


def _compiled(source: str, file: str | None) -> str:
    try:
        return mjml2html(source, fonts={})  # fonts: none, or a link to Google's is added
    except ValueError as error:
        raise SettingsError(f"{file}: not valid MJML: {error}; correct it or delete it") from error


@contextmanager
def _template_errors() -> Iterator[None]:
    """Jinja's errors as one line that names the template and the line."""
    try:
        yield
    except Exception as error:  # a template is a program: it may raise anything
        if isinstance(error, SettingsError):
            raise
        said = error.message if isinstance(error, TemplateError) else str(error)
        what = said or type(error).__name__
        raise SettingsError(f"{_place(error)}: {what}; correct it or delete it") from error


def _place(error: Exception) -> str:
    lineno = getattr(error, "lineno", None)  # of a syntax error
    if lineno is not None:
        return f"{getattr(error, 'filename', None) or SHELL}:{lineno}"
    place = SHELL
    trace = error.__traceback__
    while trace is not None:  # Jinja puts the template's own file and line into the traceback
        file = trace.tb_frame.f_code.co_filename
        if "mail" in Path(file).parts and Path(file).suffix in {".html", ".txt"}:
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
