"""Jinja2 and MJML, set up for the mail's templates."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from markupsafe import Markup
from mjml import mjml2html

from digest.errors import SettingsError
from digest.mail.rendering.prerendered import runs_left, wrapped
from digest.mail.rendering.theme import Theme
from digest.mail.rendering.wording import Wording

SHELL = "mail/digest.mjml"


class TemplateEngine:
    """Reads and compiles templates.

    Args:
        folders: the first that has a template wins.
        sandboxed: they may be an operator's.
        words: `t` in the templates.
        theme: `theme` in them.
    """

    def __init__(
        self, folders: Sequence[Path], *, sandboxed: bool, words: Wording, theme: Theme
    ) -> None:
        self._folders = folders
        self._jinja = _environment(sandboxed=sandboxed)(
            loader=FileSystemLoader(folders),
            # Jinja's select_autoescape() would leave .mjml out; only the text part is not HTML.
            autoescape=lambda name: name is None or not name.endswith(".txt"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters["wrap"] = wrapped
        self._jinja.tests["rtl"] = runs_left
        self._jinja.globals["t"] = words
        self._jinja.globals["theme"] = theme

    def template(self, name: str) -> Template:
        """Such as `card.html`."""
        return self._jinja.get_template(f"mail/{name}")

    def shell(self) -> Template:
        """The frame of the HTML part: compiled as MJML once, before it has seen a paper."""
        source, file, _ = FileSystemLoader(self._folders).get_source(self._jinja, SHELL)
        return self._jinja.from_string(_compiled(source, file))


def safe(html: str) -> Markup:
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
def template_errors() -> Iterator[None]:
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
