"""Renders an edition as the content of a message: subject, HTML and text.

All values are escaped in HTML, or inserted as plain text. The same edition always gives the same
bytes.

Both parts are a frame that contains sections, which contain cards. What messages share is rendered
and encoded once (see `cards` and `prerendered`). The joined fragments decode to the same
text as if the templates had been rendered for one message.
"""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct

from digest.core.editions.shown import ShownEdition, shown_edition
from digest.core.models.delivery import ORDINARY, Occasion
from digest.core.models.editions import Edition
from digest.core.models.profiles import Detail
from digest.errors import SettingsError
from digest.languages.translation import ENGLISH, Translation
from digest.mail.figures.figure import FigureSource
from digest.mail.message.attachment import Attachment
from digest.mail.rendering.cards.card_renderer import CardRenderer
from digest.mail.rendering.cards.card_view import Card
from digest.mail.rendering.cards.shared_card import RenderCache
from digest.mail.rendering.cards.title_renderer import TitleRenderer
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
    EncodedText,
    fragment,
)
from digest.mail.rendering.feedback.rows import FeedbackAddress
from digest.mail.rendering.frame_texts import frame_values, html_slot, letter_of, text_slot
from digest.mail.rendering.message_view import FooterLinks, MessageView, build_view
from digest.mail.rendering.prerendered import CONTENT_SLOT, FrameTemplate, form_of
from digest.mail.rendering.section_view import SectionForm, SectionView
from digest.mail.rendering.template_engine import (
    HTML_FRAME,
    TemplateEngine,
    safe,
    template_error,
    template_errors,
)
from digest.mail.rendering.wording import Wording
from digest.mail.theming.template_files import template_folder
from digest.mail.theming.theme import Theme, built_in

MAX_HTML_BYTES = 88_000
"""Maximum size of the HTML in bytes. Gmail hides what comes after 102 KB, such as the footer."""

_TITLES_SIZE = 6_000  # bytes of LIMIT for papers of which only the title fits
_HEADING_SIZE = 700  # bytes of a section heading, unless its name is very long
_CACHED_FRAMES = 1000  # per template; there is one for each form of message
_FILLED_SECTIONS = 10_000  # many readers have the same topics


class RenderedContent(Struct, frozen=True, kw_only=True):
    """The content of a message: the subject, and the encoded parts."""

    subject: str
    html_part: EncodedText
    text_part: EncodedText
    attachments: tuple[Attachment, ...] = ()

    @property
    def html(self) -> str:
        """The HTML part."""
        return self.html_part.text

    @property
    def text(self) -> str:
        """The plain-text part; lines end in LF."""
        return self.text_part.text


class Renderer:
    """Renders editions with templates that are loaded and compiled once.

    Args:
        overrides: the template folder of an operator. A file in it, such as `mail/card.html`,
            replaces the built-in one. The templates then run in Jinja's sandbox.
        theme: colours, logo, name and address; None: the built-in theme.
        keep: how many papers are cached for further messages. All editions must then come from
            the same store. 0: nothing is cached.
        figures: returns the pictures of papers; None: no pictures are shown.
        translation: the language. Each language has its own renderer, and so its own cache.
        is_default: it is the language of readers who chose none.
        of_list: the digests are those of a mailing list, whose readers do not change them.

    Raises:
        SettingsError: a template or `text.toml` is not valid; the message says where.
    """

    def __init__(
        self,
        *,
        overrides: Path | None = None,
        theme: Theme | None = None,
        keep: int = 0,
        figures: FigureSource | None = None,
        translation: Translation = ENGLISH,
        is_default: bool = True,
        of_list: bool = False,
    ) -> None:
        folders = [*([overrides] if overrides else []), template_folder()]
        self._is_custom = is_custom = overrides is not None
        self.words = Wording.read(folders, translation, is_default=is_default)
        self._theme = theme or built_in()
        self.list_name = self._theme.name  # of the digest, if the theme has one
        self._of_list = of_list
        self._cache = RenderCache(keep, figures)
        engine = TemplateEngine(folders, sandboxed=is_custom, words=self.words, theme=self._theme)
        with template_errors():
            self._cards = CardRenderer(engine, self.words, max_cached=4 * keep, is_custom=is_custom)
            self._titles = TitleRenderer(engine, prerenders=keep > 0, is_custom=is_custom)
            self._line = engine.template("line.html")
            self._more = engine.template("more.html")
            self._more_text = engine.template("more.txt")
            html_frame, text_frame = engine.html_frame(), engine.template("digest.txt")
            section, section_text = engine.template("section.html"), engine.template("section.txt")
        max_cached = _CACHED_FRAMES if keep else 0
        self._frame = FrameTemplate(
            HTML_FRAME,
            "papers",
            lambda variables: html_frame.render(letter=letter_of(variables), papers=CONTENT_SLOT),
            html_slot,
            max_cached=max_cached,
            is_custom=is_custom,
        )
        self._section = FrameTemplate(
            "mail/section.html",
            "cards",
            lambda variables: section.render(variables, cards=CONTENT_SLOT),
            html_slot,
            max_cached=max_cached,
            is_custom=is_custom,
        )
        self._text_frame = FrameTemplate(
            "mail/digest.txt",
            "papers",
            lambda variables: (
                text_frame.render(letter=letter_of(variables), papers=CONTENT_SLOT).strip("\n")
                + "\n"
            ),
            text_slot,
            max_cached=max_cached,
            is_custom=is_custom,
        )
        self._text_section = FrameTemplate(
            "mail/section.txt",
            "cards",
            lambda variables: section_text.render(variables, cards=CONTENT_SLOT),
            text_slot,
            max_cached=max_cached,
            is_custom=is_custom,
        )
        # What comes before and after the cards of a section, in HTML and in text.
        self._headings = BoundedCache[
            tuple[str, int, SectionForm], tuple[EncodedText, EncodedText, EncodedText, EncodedText]
        ](_FILLED_SECTIONS if keep else 0)

    def render(
        self,
        edition: Edition | ShownEdition,
        *,
        list_name: str,
        reader_name: str,
        unsubscribe: str | None,
        base_url: str | None = None,
        profile_name: str | None,
        pause: str | None = None,
        change: str | None = None,
        ask: str | None = None,
        online: str | None = None,
        weekly: bool = False,
        detail: Detail = Detail.SHORT,
        occasion: Occasion = ORDINARY,
        feedback: FeedbackAddress | None = None,
        pictures: bool = True,
    ) -> RenderedContent:
        """Renders an edition as a message.

        Args:
            edition: the edition.
            list_name: the name of the digest, if the theme has none.
            reader_name: may be empty.
            unsubscribe: an https or mailto address for the footer; None: no link.
            base_url: the web address that the list name links to; None: no link.
            profile_name: the file that the reader edits, such as `profiles/ada.toml`; None:
                the reader has none.
            pause: the address of the page that pauses the digest; None: no link.
            change: the address of the page that changes the digest; None: no link.
            ask: the e-mail address of a person who changes the digest, shown if there is
                neither a page nor a file.
            online: the address of the page that shows the edition; None: no link.
            weekly: the edition covers a week: only its best papers are shown in full.
            detail: how much the reader wants of each paper.
            occasion: what is special about the message.
            feedback: returns the address for feedback about the paper with an id; None: no links.
            pictures: False: without the picture of the first paper.

        Raises:
            SettingsError: a template of the operator is not valid; the message says where.
        """
        view = build_view(
            shown_edition(edition) if isinstance(edition, Edition) else edition,
            self.words,
            list_name=self.list_name or list_name,
            reader_name=reader_name,
            ways=FooterLinks(
                unsubscribe=unsubscribe,
                pause=pause,
                change=change,
                profile=profile_name,
                ask=ask,
                online=online,
            ),
            home=base_url,
            weekly=weekly,
            detail=detail,
            occasion=occasion,
            address=self._theme.address,
            pictures=pictures,
            of_list=self._of_list,
            cache=self._cache,
        )
        try:
            return self._render_view(view, feedback)
        except SettingsError:
            raise
        except Exception as error:  # a template is a program: it may raise anything
            raise template_error(error) from error

    def _render_view(self, view: MessageView, feedback: FeedbackAddress | None) -> RenderedContent:
        values = frame_values(view)
        form, conditions = form_of(values), {"weekly": view.weekly, "empty": view.empty}
        unslotted = {"letter": view}
        before, after = self._frame.around(values, form=form, unslotted=unslotted, **conditions)
        text_before, text_after = self._text_frame.around(
            values, form=form, unslotted=unslotted, **conditions
        )
        # If the HTML would be too large, the last papers are shown with their titles only.
        room = MAX_HTML_BYTES - before.size - after.size
        room -= _HEADING_SIZE * (len(view.shelves) + 1)
        html, text = before.copy(), text_before.copy()
        card_sizes = self._render_sections(view.shelves, feedback, html, text)
        if html.size - before.size > room:
            count = _count_fitting(card_sizes, room)
            html, text = before, text_before
            self._render_sections(view.shelves, feedback, html, text, most=count)
            cards = [card for section in view.shelves for card in section.cards]
            if rest := cards[count:]:
                html.append(fragment(self._render_titles(rest)))
                text.append(fragment(self._more_text.render(cards=rest)))
        html.extend(after)
        text.extend(text_after)
        return RenderedContent(
            subject=view.subject,
            html_part=html,
            text_part=text,
            attachments=_pictures(view),
        )

    def _render_sections(
        self,
        sections: Sequence[SectionView],
        feedback: FeedbackAddress | None,
        html: EncodedText,
        text: EncodedText,
        *,
        most: int | None = None,
    ) -> list[int]:
        """Appends the sections in HTML and in text, and returns the sizes of the cards in HTML.

        Args:
            sections: the sections.
            feedback: as for `render`.
            html: the HTML part.
            text: the text part.
            most: how many cards to render; None: all of them.
        """
        sizes: list[int] = []
        for section in sections:
            n, cards, titles = section.size, section.full, section.titles
            if most is not None:
                room = most - len(sizes)
                cards, titles = cards[:room], titles.head(max(0, room - len(cards)))
                if room <= 0:
                    break
            if not self._is_custom:
                n = 0  # the built-in templates do not show it
            key = (section.heading, n, section.form)
            parts = self._headings.get(key)
            if parts is None:
                heading = {"heading": section.heading}
                parts = self._headings.put(
                    key,
                    (
                        *self._section.around(
                            heading, rtl=section.rtl, n=n, section_form=section.form
                        ),
                        *self._text_section.around(heading, n=n),
                    ),
                )
            before, after, text_before, text_after = parts
            html.extend(before)
            text.extend(text_before)
            for card in cards:
                start = html.size
                self._cards.render(card, html, text, feedback)
                sizes.append(html.size - start)
            self._titles.render(titles, html, text, sizes)
            html.extend(after)
            text.extend(text_after)
        return sizes

    def _render_titles(self, cards: Sequence[Card]) -> str:
        """Returns the HTML of cards of which only the titles are shown, as many as fit."""
        lines: list[Markup] = []
        room = _TITLES_SIZE
        for card in cards:
            html = self._line.render(paper=card.paper)
            room -= len(html.encode())
            if room < 0:
                break
            lines.append(safe(html))
        return self._more.render(n=len(cards), lines=lines, unnamed=len(cards) - len(lines))


def _pictures(view: MessageView) -> tuple[Attachment, ...]:
    """Returns the picture of the first paper, if it is attached."""
    first = view.shelves[0].full[:1] if view.shelves else ()
    figure = first[0].shared.figure if first else None
    return (figure.attachment,) if figure and figure.attachment else ()


def _count_fitting(card_sizes: Sequence[int], room: int) -> int:
    """Returns how many cards fit into the HTML, with space left for the titles of the others."""
    if sum(card_sizes) <= room:
        return len(card_sizes)
    room -= _TITLES_SIZE
    for count, size in enumerate(card_sizes):
        room -= size
        if room < 0:
            return count
    return len(card_sizes)
