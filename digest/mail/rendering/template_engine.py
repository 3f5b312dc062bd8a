"""Loads and compiles the Jinja2 and MJML templates of messages."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from markupsafe import Markup
from mjml import mjml2html

from digest.errors import SettingsError
from digest.mail.rendering.prerendered import is_rtl_or_slot, wrap_or_slot
from digest.mail.rendering.wording import Wording
from digest.mail.theming.compiled_templates import CompiledTemplates
from digest.mail.theming.theme import Theme

HTML_FRAME = "mail/digest.mjml"


class TemplateEngine:
    """Loads and compiles templates.

    Args:
        folders: searched in this order; the first template of a name is used.
        sandboxed: run the templates in a sandbox, as an operator may have written them.
        words: templates see it as `t`.
        theme: templates see it as `theme`.
    """

    def __init__(
        self, folders: Sequence[Path], *, sandboxed: bool, words: Wording, theme: Theme
    ) -> None:
        self._jinja = _environment(sandboxed=sandboxed)(
            loader=_MjmlLoader(folders),
            # Everything but .txt is HTML; select_autoescape() would not escape .mjml.
            autoescape=lambda name: name is None or not name.endswith(".txt"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=None if sandboxed else CompiledTemplates(folders[-1]),
        )
        self._jinja.filters["wrap"] = wrap_or_slot
        self._jinja.tests["rtl"] = is_rtl_or_slot
        self._jinja.globals["t"] = words
        self._jinja.globals["theme"] = theme

    def template(self, name: str) -> Template:
        """Returns a template.

        Args:
            name: the file name, such as `card.html`.

        Raises:
            jinja2.TemplateError: the template does not exist, or is not valid.
        """
        return self._jinja.get_template(f"mail/{name}")

    def html_frame(self) -> Template:
        """Returns the frame of the HTML part, compiled from MJML before any paper is known.

        Raises:
            SettingsError: the MJML is not valid.
        """
        return self._jinja.get_template(HTML_FRAME)


class _MjmlLoader(FileSystemLoader):
    """Loads templates; the frame is compiled from MJML to HTML first."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, file, is_current = super().get_source(environment, template)
        if template != HTML_FRAME:
            return source, file, is_current
        # The lines of the HTML are not those of the file, so errors must not name it with them.
        return _compile_mjml(source, file), "", is_current


def safe(html: str) -> Markup:
    """Marks the output of a template as HTML that is escaped already."""
    return Markup(html)  # noqa: S704 - Jinja has escaped it


def _environment(*, sandboxed: bool) -> type[Environment]:
    if not sandboxed:
        return Environment
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment


def _compile_mjml(source: str, file: str | None) -> str:
    try:
        return mjml2html(source, fonts={})  # otherwise mjml adds links to Google Fonts
    except ValueError as error:
        raise SettingsError(f"{file}: not valid MJML: {error}; correct it or delete it") from error


@contextmanager
def template_errors() -> Iterator[None]:
    """Converts any error of a template to a SettingsError that names the template and line."""
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:  # a template is a program: it may raise anything
        raise template_error(error) from error


def template_error(error: Exception) -> SettingsError:
    """Returns a SettingsError that names the template and line of an error.

    Args:
        error: what the template raised.
    """
    message = error.message if isinstance(error, TemplateError) else str(error)
    reason = message or type(error).__name__
    return SettingsError(f"{_location(error)}: {reason}; correct it or delete it")


def _location(error: Exception) -> str:
    lineno = getattr(error, "lineno", None)  # only syntax errors have it
    if lineno is not None:
        return f"{getattr(error, 'filename', None) or HTML_FRAME}:{lineno}"
    location = HTML_FRAME
    trace = error.__traceback__
    while trace is not None:  # Jinja adds the file and line of the template to the traceback
        file = trace.tb_frame.f_code.co_filename
        if "mail" in Path(file).parts and Path(file).suffix in {".html", ".txt"}:
            location = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return location
