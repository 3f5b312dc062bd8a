"""Renders the templates of papers once for each form of paper, and fills in the texts of each paper.

The form is which texts of a paper are set, which of them run from right to left, and how many links
and numbers it has. The papers of a day have few forms, and filling in is several times quicker than
rendering. Only for the built-in templates, which test nothing else of a paper.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import SimpleNamespace

from markupsafe import escape

from digest.mail.rendering.encoded_fragments import BoundedCache
from digest.mail.rendering.paper_view import PaperView
from digest.mail.rendering.prerendered import PAPER_MARK, WRAP_MARK, PaperSlot
from digest.mail.rendering.sanitize import is_rtl
from digest.mail.rendering.text_wrap import wrap

_SLOT = re.compile(f"{PAPER_MARK}([a-z0-9_.]+){PAPER_MARK}")
_FORMS = 2000
_OPTIONAL = ("label", "followed", "authors", "facts", "counts", "summary_by")

_Output = Sequence[Sequence[str]]
"""Texts, each with names of slots between its parts. Of four, the second and the third are prefixes
with which the fourth is wrapped."""

PaperTexts = PaperView | SimpleNamespace
"""A paper, or an object with slots in its fields."""


class PaperForms:
    """The outputs of templates for the forms of papers."""

    def __init__(self) -> None:
        self._outputs = BoundedCache[tuple[Hashable, ...], tuple[_Output, _Output]](_FORMS)

    def render(
        self,
        paper: PaperView,
        html: Callable[[PaperTexts], str],
        text: Callable[[PaperTexts], str],
        *conditions: Hashable,
    ) -> tuple[str, str]:
        """Returns the outputs of the templates for a paper, in HTML and in text.

        Args:
            paper: the paper.
            html: renders the template in HTML for a paper, or for one with slots in its fields.
            text: renders the template in text.
            *conditions: names the templates, and what else changes their outputs.
        """
        key = (*conditions, *_form_of(paper))
        outputs = self._outputs.get(key)
        if outputs is None:
            slots = _with_slots(paper)
            outputs = self._outputs.put(key, (_parts_of(html(slots)), _parts_of(text(slots))))
        values = _values_of(paper)
        return _joined(outputs[0], values, escape), _joined(outputs[1], values, str)


def _parts_of(output: str) -> _Output:
    return [_SLOT.split(text) for text in output.split(WRAP_MARK)]


def _joined(output: _Output, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    filled = [_filled(parts, values, escape) for parts in output]
    filled[3::4] = map(wrap, filled[3::4], filled[1::4], filled[2::4])
    del filled[2::4], filled[1::3]
    return "".join(filled)


def _filled(parts: Sequence[str], values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    filled = [*parts]
    filled[1::2] = [escape(values[name]) for name in parts[1::2]]
    return "".join(filled)


def _form_of(paper: PaperView) -> tuple[Hashable, ...]:
    """Returns what the built-in templates test of a paper."""
    texts = (paper.label, paper.followed, paper.authors, paper.facts, paper.summary_by)
    return (
        paper.rtl,
        paper.has_long_title,
        *[bool(text) and (1 + is_rtl(text)) for text in texts],
        tuple([chip.level for chip in paper.chips]),
        len(paper.links),
        len(paper.small_links),
    )


def _values_of(paper: PaperView) -> dict[str, str]:
    """Returns the texts of a paper by the names of their slots."""
    values: dict[str, str] = {
        "title": paper.title,
        "href": paper.href,
        "label": paper.label,
        "followed": paper.followed,
        "authors": paper.authors,
        "facts": paper.facts,
        "counts": paper.counts,
        "summary_by": paper.summary_by,
    }
    for number, link in enumerate((paper.primary, *paper.links)):
        values[f"link{number}.label"], values[f"link{number}.url"] = link.label, link.url
    for number, chip in enumerate(paper.chips):
        values[f"chip{number}"] = chip.text
    return values


def _with_slots(paper: PaperView) -> SimpleNamespace:
    """Returns an object like the paper, with a slot in place of each text."""
    optional = {name: getattr(paper, name) for name in _OPTIONAL}
    primary, *links = [
        SimpleNamespace(label=PaperSlot(f"link{number}.label"), url=PaperSlot(f"link{number}.url"))
        for number in range(1 + len(paper.links))
    ]
    return SimpleNamespace(
        title=PaperSlot("title", rtl=paper.rtl),
        href=PaperSlot("href"),
        rtl=paper.rtl,
        has_long_title=paper.has_long_title,
        chips=[
            SimpleNamespace(text=PaperSlot(f"chip{number}"), level=chip.level)
            for number, chip in enumerate(paper.chips)
        ],
        primary=primary,
        links=links,
        small_links=links[: len(paper.small_links)],
        **{
            name: PaperSlot(name, rtl=is_rtl(text)) if text else ""
            for name, text in optional.items()
        },
    )
