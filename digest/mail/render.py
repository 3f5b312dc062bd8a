"""An edition becomes a letter: subject, HTML and text.

The MJML source is compiled once, before it has seen a paper; what is shown only ever
passes as escaped values (HTML) or as plain text. The same edition gives the same bytes.
"""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup
from mjml import mjml2html

from digest.core.model import Edition
from digest.errors import SettingsError
from digest.mail.templates import Wording, template_folder
from digest.mail.view import Card, LetterView, Shelf, view

_SHELL = "mail/digest.mjml"
_WIDTH = 76  # columns of the text part
# Gmail hides what comes after 102 KB. Bytes for whole cards, then for the titles of the rest.
_CARDS = 76_000
_LINES = 6_000
_HEADING = 300  # what a section's heading costs, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A letter's content."""

    subject: str
    html: str
    text: str  # lines end in \n


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """The papers that the HTML has no room for."""

    count: int = 0
    lines: tuple[Markup, ...] = ()  # those whose title fits
    unnamed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _HtmlShelf:
    heading: str
    cards: tuple[Markup, ...]


class Renderer:
    """Templates, read and compiled once.

    Args:
        overrides: the operator's own template folder; a file in it (`mail/card.html`)
            replaces ours. Its templates run in Jinja's sandbox.

    Raises:
        SettingsError: a template or its text cannot be read; says which and where.
    """

    def __init__(self, *, overrides: Path | None = None) -> None:
        folders = [*([overrides] if overrides else []), template_folder()]
        self._words = Wording.read(folders)
        self._jinja = _environment(sandboxed=overrides is not None)(
            loader=FileSystemLoader(folders),
            # Jinja's select_autoescape() would leave .mjml out; only the text part is not HTML.
            autoescape=lambda name: name is None or not name.endswith(".txt"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters["wrap"] = _wrap
        self._jinja.globals["t"] = self._words
        with _template_errors():
            source, file, _ = FileSystemLoader(folders).get_source(self._jinja, _SHELL)
            self._shell = self._jinja.from_string(_compiled(source, file))
            self._card = self._jinja.get_template("mail/card.html")
            self._line = self._jinja.get_template("mail/line.html")
            self._text = self._jinja.get_template("mail/digest.txt")

    def render(
        self,
        edition: Edition,
        *,
        list_name: str,
        reader_name: str,
        unsubscribe: str | None,
        base_url: str | None = None,
        profile_name: str | None,
    ) -> Rendered:
        """The letter for this edition.

        Args:
            edition: what is shown.
            list_name: what the digest calls itself.
            reader_name: may be empty.
            unsubscribe: an https or mailto address for the footer.
            base_url: where the list lives on the web; its name links there.
            profile_name: what to edit for another digest, such as `profiles/ada.toml`.

        Raises:
            SettingsError: an operator's template is wrong; says which and where.
        """
        letter = view(
            edition,
            self._words,
            list_name=list_name,
            reader_name=reader_name,
            unsubscribe=unsubscribe,
            base_url=base_url,
            profile_name=profile_name,
        )
        with _template_errors():
            html, rest = self._html(letter)
            text = self._text.render(
                letter=letter, sections=_without(letter.shelves, rest), more=rest
            )
        return Rendered(subject=letter.subject, html=html, text=text.strip("\n") + "\n")

    def _html(self, letter: LetterView) -> tuple[str, tuple[Card, ...]]:
        """The HTML part, and the cards that it had no room for."""
        shelves: list[_HtmlShelf] = []
        rest: list[Card] = []
        room = _CARDS
        for shelf in letter.shelves:
            room -= _HEADING
            cards: list[Markup] = []
            for card in shelf.cards:
                html = Markup(self._card.render(card=card))  # noqa: S704 - escaped by Jinja
                room -= len(html.encode())
                if room < 0:
                    rest.append(card)
                else:
                    cards.append(html)
            if cards:
                shelves.append(_HtmlShelf(heading=shelf.heading, cards=tuple(cards)))
        more = self._more(rest)
        whole = self._shell.render(
            letter=letter, subject=letter.subject, sections=shelves, more=more
        )
        return whole, tuple(rest)

    def _more(self, rest: Sequence[Card]) -> _Rest:
        lines: list[Markup] = []
        room = _LINES
        for card in rest:
            html = Markup(self._line.render(card=card))  # noqa: S704 - as above
            room -= len(html.encode())
            if room < 0:
                break
            lines.append(html)
        return _Rest(count=len(rest), lines=tuple(lines), unnamed=len(rest) - len(lines))


def _without(shelves: Sequence[Shelf], rest: Sequence[Card]) -> tuple[Shelf, ...]:
    left = {card.number for card in rest}
    kept = (
        replace(shelf, cards=tuple(card for card in shelf.cards if card.number not in left))
        for shelf in shelves
    )
    return tuple(shelf for shelf in kept if shelf.cards)


def _environment(*, sandboxed: bool) -> type[Environment]:
    if not sandboxed:
        return Environment
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment


def _wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """The text in lines of `_WIDTH` columns; addresses and long words stay whole."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


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
        said = error.message if isinstance(error, TemplateError) else str(error)
        what = said or type(error).__name__
        raise SettingsError(f"{_place(error)}: {what}; correct it or delete it") from error


def _place(error: Exception) -> str:
    lineno = getattr(error, "lineno", None)  # of a syntax error
    if lineno is not None:
        return f"{getattr(error, 'filename', None) or _SHELL}:{lineno}"
    place = _SHELL
    trace = error.__traceback__
    while trace is not None:  # Jinja puts the template's own file and line into the traceback
        file = trace.tb_frame.f_code.co_filename
        if "mail" in Path(file).parts and Path(file).suffix in {".html", ".txt"}:
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
