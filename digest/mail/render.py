"""An edition becomes a letter: subject, HTML and text.

The MJML source is compiled once, before it has seen a paper; what is shown only ever
passes as escaped values (HTML) or as plain text. The same edition gives the same bytes.

The HTML is a frame (what stands before and after the papers) and, between, sections of
cards. A card is its paper's own part around two holes, `excerpt` and `why`, which are its
reader's. A part is made once, by its template, and kept encoded for all letters that have it;
what is joined decodes to what the templates give for one letter alone.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from markupsafe import Markup, escape
from mjml import mjml2html

from digest.core.model import Edition
from digest.errors import SettingsError
from digest.mail.card import Card, Keeping
from digest.mail.fragments import (
    Fragment,
    Kept,
    Mould,
    Piece,
    fragment,
    hole,
    joined,
    mould,
    size,
)
from digest.mail.safe import is_rtl
from digest.mail.templates import Wording, template_folder
from digest.mail.theme import Theme
from digest.mail.view import LetterView, Shelf, Ways, view
from digest.mail.wrap import wrap

SHELL = "mail/digest.mjml"
LIMIT = 88_000
"""Bytes of HTML at most. Gmail hides what comes after 102 KB, and the way out with it."""

_LINES = 6_000  # of them for the titles of papers that have no room for more
_HEADING = 700  # what a section's heading costs at most, but for very long names
_LABEL = 4  # columns of a card's number in the text part
_INDENT = " " * _LABEL
_FEW = 4  # characters between two cards

Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """A card of the HTML part, rendered."""

    card: Card
    html: Pieces
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
        keep: how many papers' cards are kept for further letters, where all editions come
            from one store, in which a revision is what it is.

    Raises:
        SettingsError: a template or its text cannot be read; says which and where.
    """

    def __init__(
        self, *, overrides: Path | None = None, theme: Theme | None = None, keep: int = 0
    ) -> None:
        folders = [*([overrides] if overrides else []), template_folder()]
        self._words = Wording.read(folders)
        self._theme = theme or Theme()
        self._keeping = Keeping(keep)
        self._moulds = Kept[Hashable, Mould](4 * keep)
        self._few = Kept[str, Fragment](1000)
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
            kept=self._keeping,
        )
        with _template_errors():
            html, rest = self._html(letter)
            text = self._plain(letter, rest)
        return Rendered(subject=letter.subject, html_pieces=html, text_pieces=text)

    def _template(self, name: str) -> Template:
        return self._jinja.get_template(f"mail/{name}")

    def _html(self, letter: LetterView) -> tuple[Pieces, Sequence[Card]]:
        """The HTML part, and the cards that it had no room for."""
        frame = self._shell.render(letter=letter, papers=_safe(hole("papers")))
        before, given, after = frame.partition(hole("papers"))
        if not given:
            raise SettingsError(
                f"{SHELL}: it shows no papers; write {{{{ papers }}}} where they go"
            )
        cards = [self._filled(card) for shelf in letter.shelves for card in shelf.cards]
        room = LIMIT - _size(before) - _size(after) - _HEADING * (len(letter.shelves) + 1)
        kept = _fitting(cards, room)
        pieces: list[Piece] = [before]
        for shelf in letter.shelves:
            shown = [kept[card.number] for card in shelf.cards if card.number in kept]
            if shown:
                pieces += self._sectioned(shelf, shown)
        rest = [item.card for item in cards if item.card.number not in kept]
        if rest:
            pieces.append(self._rest(rest))
        return (*pieces, after), rest

    def _sectioned(self, shelf: Shelf, shown: Sequence[_Filled]) -> Iterator[Piece]:
        made = self._moulds.of(
            ("section", shelf.heading, shelf.rtl, len(shelf.cards)),
            lambda: _mould_of(
                "section.html",
                self._section.render(
                    heading=shelf.heading,
                    rtl=shelf.rtl,
                    n=len(shelf.cards),
                    cards=_safe(hole("cards")),
                ),
            ),
        )
        return made.filled({"cards": (piece for item in shown for piece in item.html)})

    def _filled(self, card: Card) -> _Filled:
        made = self._moulds.of((card.key, card.excerpt, bool(card.why)), lambda: self._mould(card))
        why = tuple(self._reason(card))
        html = tuple(made.filled({"why": why}))
        return _Filled(card=card, html=html, size=made.size + size(why))

    def _reason(self, card: Card) -> Iterator[Piece]:
        """Why the card is here, in HTML: other words for nearly every reader."""
        rtl = is_rtl(card.keywords)
        made = self._moulds.of(
            ("why", bool(card.keywords), rtl),
            lambda: _mould_of(
                "why.html",
                self._why.render(
                    keywords=_safe(hole("keywords")) if card.keywords else "",
                    rtl=rtl,
                    match=_safe(hole("match")),
                ),
            ),
        )
        return made.filled({"keywords": (escape(card.keywords),), "match": (escape(card.match),)})

    def _mould(self, card: Card) -> Mould:
        excerpt = _safe(self._excerpt.render(excerpt=card.excerpt)) if card.excerpt else ""
        html = self._card.render(
            paper=card.paper,
            short=card.short,
            excerpt=excerpt,
            why=_safe(hole("why")) if card.why else "",
        )
        return _mould_of("card.html", html + "\n")

    def _rest(self, rest: Sequence[Card]) -> str:
        lines: list[Markup] = []
        room = _LINES
        for card in rest:
            html = self._line.render(paper=card.paper)
            room -= _size(html)
            if room < 0:
                break
            lines.append(_safe(html))
        return self._more.render(n=len(rest), lines=lines, unnamed=len(rest) - len(lines))

    def _plain(self, letter: LetterView, rest: Sequence[Card]) -> Pieces:
        left = {card.number for card in rest}
        shelves = [
            (shelf, [card for card in shelf.cards if card.number not in left])
            for shelf in letter.shelves
        ]
        sections = [
            _TextSection(heading=shelf.heading, cards=(hole("card"),) * len(cards))
            for shelf, cards in shelves
            if cards
        ]
        text = self._text.render(letter=letter, sections=sections, more=rest)
        between = (text.strip("\n") + "\n").split(hole("card"))
        pieces: list[Piece] = [between[0]]
        cards = [card for _, some in shelves for card in some]
        if len(between) != len(cards) + 1:
            raise SettingsError(
                f"mail/digest.txt: it shows {len(between) - 1} of {len(cards)} papers; write"
                " {{ card }} for each of section.cards"
            )
        for card, after in zip(cards, between[1:], strict=True):
            pieces += self._written(card)
            pieces.append(after if len(after) > _FEW else self._plainly(after))
        return tuple(pieces)

    def _written(self, card: Card) -> Iterator[Piece]:
        """The card of the text part."""
        made = self._moulds.of(
            ("text", card.key, card.excerpt, bool(card.why)), lambda: self._text_mould(card)
        )
        label = self._plainly(f"{card.number}.".ljust(_LABEL))
        return made.filled({"label": (label,), "why": (wrap(card.why, _INDENT),)})

    def _text_mould(self, card: Card) -> Mould:
        label = "\0" * _LABEL  # as wide as what takes its place
        text = self._text_card.render(
            paper=card.paper,
            short=card.short,
            label=label,
            excerpt=wrap(card.excerpt, _INDENT) if card.excerpt else "",
            why=hole("why") if card.why else "",
        )
        return _mould_of("card.txt", text.replace(label, hole("label")))

    def _plainly(self, text: str) -> Fragment:
        """A few characters that many letters have."""
        return self._few.of(text, lambda: fragment(text))


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


def _mould_of(name: str, text: str) -> Mould:
    made = mould(text)
    if any("\0" in piece.text for piece in made.pieces):
        raise SettingsError(
            f"mail/{name}: it changes what is filled in later; write {{{{ it }}}} without a filter"
        )
    return made


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
