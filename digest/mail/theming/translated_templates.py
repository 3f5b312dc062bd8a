"""Makes the Jinja environments of pages and of the site's messages, whose texts are translated.

Their templates contain the English text, in `{% trans %}`. Templates of an operator may run in them, so
they run in the sandbox.
"""

from jinja2 import BaseLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from digest.languages.translation import Translation


def translated_environment(
    loader: BaseLoader, translation: Translation, *, autoescape: bool
) -> SandboxedEnvironment:
    """Returns an environment in one language.

    Templates see the language as `language`, and its numbers and dates as the filters `number`, `date`
    and `moment`. A ReaderText that they print is translated.

    Args:
        loader: loads the templates.
        translation: the language.
        autoescape: whether values are escaped as HTML.
    """
    environment = SandboxedEnvironment(
        loader=loader,
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        finalize=translation.say,
    )
    # A message is one line in the catalogue, however its template is indented.
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    environment.globals["language"] = translation
    environment.filters["number"] = translation.number
    environment.filters["date"] = lambda day: translation.date_text("day", day)
    environment.filters["moment"] = translation.moment
    return environment
