"""Checks that the templates of an operator are valid, safe and complete."""

from collections.abc import Iterator
from html import escape
from pathlib import Path, PurePosixPath

from digest.errors import SettingsError
from digest.languages.available import FOLDER, Languages
from digest.mail.rendering.renderer import MAX_HTML_BYTES, RenderedContent, Renderer
from digest.mail.rendering.template_engine import HTML_FRAME
from digest.mail.rendering.wording import wording_file
from digest.mail.template_checks import mjml, samples
from digest.mail.theming.template_files import template_folder
from digest.mail.theming.theme import Theme


def find_problems(folder: Path | None, theme: Theme) -> Iterator[str]:
    """Yields the problems: ignored markup, unescaped text, missing links, too long messages.

    Renders sample editions in every form, with hostile text.

    Args:
        folder: the template folder of the operator; None: check the built-in templates.
        theme: the theme of the home.
    """
    if folder is not None:
        yield from _unknown_files(folder)
        yield from _frame_problems(folder / HTML_FRAME)
    # The built-in catalogues have tests of their own.
    languages = Languages([folder] if folder else [])
    try:
        renderers = {
            language.name: Renderer(overrides=folder, theme=theme, translation=language)
            for language in languages.all()
        }
        samples_by_form = {
            f"{form} sample in {name}": renderer.render(
                edition,
                list_name=samples.HOSTILE,
                reader_name=samples.HOSTILE,
                unsubscribe=samples.UNSUBSCRIBE,
                profile_name="profiles/sample.toml",
                weekly=form == "weekly",
                feedback=samples.feedback_address,
            )
            for name, renderer in renderers.items()
            for form, edition in samples.editions().items()
        }
    except SettingsError as error:
        yield str(error)
        return
    for form, content in samples_by_form.items():
        yield from (f"the {form}: {problem}" for problem in _content_problems(content))


def _unknown_files(folder: Path) -> Iterator[str]:
    """Yields files that replace no template; their names are most likely misspelt."""
    import difflib

    built_in = {
        path.relative_to(template_folder()).as_posix() for path in template_folder().rglob("*")
    }
    if not (folder / "mail").is_dir():
        yield f"{folder}: it has no folder mail/, so it replaces nothing; put templates into mail/"
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in built_in and not _is_of_language(name):
            similar = difflib.get_close_matches(name, built_in, n=1)
            yield f"{path}: there is no template of this name to replace" + (
                f"; did you mean {similar[0]}?" if similar else "; rename it, or delete it"
            )


def _is_of_language(name: str) -> bool:
    """Whether a file may have any language in its name, or belongs to another program."""
    path = PurePosixPath(name)
    return (
        path.match(f"{FOLDER}/*.po") or path.match(wording_file("*")) or path.name.startswith(".")
    )


def _frame_problems(file: Path) -> Iterator[str]:
    """Yields the tags and attributes of the frame that MJML ignores."""
    try:
        ignored = mjml.ignored_markup(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):  # the renderer reports it with more detail
        return
    for item in ignored:
        remedy = f"; did you mean {item.meant}?" if item.meant else "; correct it, or remove it"
        problem = (
            f"MJML has no <{item.tag}> here"
            if item.attribute is None
            else f"MJML has no {item.attribute} for <{item.tag}>"
        )
        yield f"{file}:{item.line}: {problem}{remedy}"


def _content_problems(content: RenderedContent) -> Iterator[str]:
    if samples.HOSTILE in content.html:
        yield 'text of papers is not escaped; remove "| safe" from the templates'
    # In HTML, the "&" of the address is escaped.
    if escape(samples.UNSUBSCRIBE) not in content.html:
        yield "the HTML has no link to unsubscribe; show letter.ways.unsubscribe in mail/footer.html"
    if samples.UNSUBSCRIBE not in content.text:
        yield "the text has no address to unsubscribe; show letter.ways.unsubscribe in mail/digest.txt"
    size = len(content.html.encode())
    if size > MAX_HTML_BYTES + 2_000:
        yield (
            f"the HTML has {size} bytes, and Gmail would hide its end; shorten mail/digest.mjml,"
            " mail/header.html or mail/footer.html"
        )
