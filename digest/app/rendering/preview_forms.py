"""Renders a trial in every form that a message may have, in every built-in theme."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from digest.app.messages.message_writer import MessageWriter
from digest.app.rendering.renderers import installed_languages
from digest.config.settings.loader import Settings
from digest.core.models.delivery import ClaimedEdition
from digest.core.models.editions import Edition
from digest.core.models.profiles import Detail, Presentation
from digest.mail.rendering.renderer import Renderer
from digest.mail.theming import theme


def preview_forms(
    trial: ClaimedEdition, writer: MessageWriter, settings: Settings
) -> Iterator[tuple[str, str, str, str]]:
    """Yields theme, form, subject and HTML of each message.

    Args:
        trial: the edition.
        writer: writes messages with the settings of the home.
        settings: the template folder, and the language of readers who chose none.
    """
    languages = installed_languages(settings)
    language = languages.choose(trial.presentation.mail_language)
    for name in theme.built_in_names():
        renderer = Renderer(
            overrides=settings.templates,
            theme=theme.built_in(name),
            translation=languages.translation(language),
            is_default=language == languages.default,
        )
        for form, claimed in _forms(trial):
            content = writer.with_renderer(renderer).render(claimed)
            yield name, form, content.subject, content.html


def _forms(trial: ClaimedEdition) -> Iterator[tuple[str, ClaimedEdition]]:
    edition = trial.unpacked
    yield "daily", replace(trial, weekly=False)
    yield "weekly", replace(trial, weekly=True)
    for detail in (Detail.TITLES, Detail.FULL):
        yield detail.value, replace(trial, presentation=Presentation(detail=detail))
    yield "one paper", replace(trial, edition=_one_paper(edition))
    yield "welcome", replace(trial, is_first=True)
    yield "catch-up", replace(trial, previous=edition.local_date - timedelta(days=21))
    nothing = replace(edition, sections=(), updates=(), surplus=(), matched=0, left_out=0)
    yield "empty", replace(trial, edition=replace(nothing, trending=()))
    yield "nothing but others", replace(trial, edition=nothing)


def _one_paper(edition: Edition) -> Edition:
    sections = tuple(replace(item, entries=item.entries[:1]) for item in edition.sections[:1])
    return replace(
        edition,
        sections=sections,
        updates=(),
        surplus=(),
        trending=(),
        matched=len(sections),
        left_out=0,
    )
