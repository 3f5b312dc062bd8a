"""Renders the line of a card that says why its paper is in the message."""

from msgspec import Struct

from digest.mail.rendering.cards.shared_card import Reason
from digest.mail.rendering.cards.title_renderer import LABEL
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
    Fragment,
    fragment,
    html_fragment,
    joined_fragment,
)
from digest.mail.rendering.prerendered import (
    SlottedTemplate,
    TemplateSlot,
    parse_slots,
    slot_or_empty,
)
from digest.mail.rendering.template_engine import TemplateEngine
from digest.mail.rendering.text_wrap import wrap
from digest.mail.rendering.wording import Wording

_INDENT = " " * LABEL
_MOST_FORMS = 12


class _Template(Struct, frozen=True):
    """A form of the line in HTML."""

    before: str  # the first slot
    inner: SlottedTemplate  # from the first slot to the last
    after: str


class ReasonRenderer:
    """Renders reasons.

    Args:
        engine: loads the template.
        words: the phrases.

    Raises:
        jinja2.TemplateError: the template is not valid.
    """

    def __init__(self, engine: TemplateEngine, words: Wording) -> None:
        self._html = engine.template("why.html")
        self._word = words("why_word")
        self._templates = BoundedCache[tuple[object, ...], _Template](_MOST_FORMS)

    def html(self, reason: Reason) -> str:
        """Returns the line in HTML."""
        return self._render(reason, reason.keywords, reason.evidence, reason.match)

    def text(self, reason: Reason) -> str:
        """Returns the line in text; it may be wrapped."""
        return wrap(f"{self._word} {reason.line}", _INDENT) if reason.line else ""

    def slotted(self, reason: Reason) -> str:
        """Returns the line in HTML with one slot, `reason`, for all that depends on the reader."""
        template = self._template(reason)
        slot = TemplateSlot("reason") if template.inner.slots else ""
        return f"{template.before}{slot}{template.after}"

    def encode(self, reason: Reason) -> tuple[Fragment, Fragment]:
        """Returns what fills the slot of `slotted`, and the line in text."""
        inner = self._template(reason).inner
        parts = [*inner.fragments]
        for position, name in inner.slots:
            parts[position] = html_fragment(getattr(reason, name))  # named as the slots are
        return joined_fragment(parts), fragment(self.text(reason))

    def _template(self, reason: Reason) -> _Template:
        template = self._templates.get(reason.form)
        if template is None:
            line = self._render(
                reason,
                slot_or_empty("keywords", reason.keywords, rtl=reason.rtl),
                slot_or_empty("evidence", reason.evidence),
                slot_or_empty("match", reason.match),
            )
            start, end = line.find("\0"), line.rfind("\0") + 1
            if not end:  # no slot
                start = end = len(line)
            template = self._templates.put(
                reason.form, _Template(line[:start], parse_slots(line[start:end]), line[end:])
            )
        return template

    def _render(
        self,
        reason: Reason,
        keywords: str | TemplateSlot,
        evidence: str | TemplateSlot,
        match: str | TemplateSlot,
    ) -> str:
        if not reason.line:
            return ""
        return self._html.render(keywords=keywords, rtl=reason.rtl, evidence=evidence, match=match)
