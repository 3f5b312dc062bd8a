"""Whether an operator's templates do what the built-in ones promise."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from digest.errors import SettingsError
from digest.mail.rendering.renderer import LIMIT, RenderedContent, Renderer
from digest.mail.rendering.template_engine import SHELL
from digest.mail.rendering.theme import Theme
from digest.mail.rendering.wording import template_folder
from digest.mail.template_checks import mjml, samples


def problems(folder: Path | None, theme: Theme) -> Iterator[str]:
    """What would be wrong with the mail: what is dropped, not escaped, missing, or too long.

    Args:
        folder: the operator's templates; None: the built-in ones are checked.
        theme: the home's.
    """
    if folder is not None:
        yield from _unknown(folder)
        yield from _shell(folder / SHELL)
    try:
        renderer = Renderer(overrides=folder, theme=theme)
        letters = {
            form: renderer.render(
                edition,
                list_name=samples.HOSTILE,
                reader_name=samples.HOSTILE,
                unsubscribe=samples.UNSUBSCRIBE,
                profile_name="profiles/sample.toml",
                weekly=form == "weekly",
            )
            for form, edition in samples.editions().items()
        }
    except SettingsError as error:
        yield str(error)
        return
    for form, letter in letters.items():
        yield from (f"the {form} sample: {problem}" for problem in _letter(letter))


def _unknown(folder: Path) -> Iterator[str]:
    """Files that replace nothing: most likely misspelt."""
    import difflib

    ours = {path.relative_to(template_folder()).as_posix() for path in template_folder().rglob("*")}
    if not (folder / "mail").is_dir():
        yield f"{folder}: it has no folder mail/, so it replaces nothing; put templates into mail/"
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in ours and not path.name.startswith("."):
            near = difflib.get_close_matches(name, ours, n=1)
            yield f"{path}: there is no template of this name to replace" + (
                f"; did you mean {near[0]}?" if near else "; rename it, or delete it"
            )


def _shell(file: Path) -> Iterator[str]:
    """What MJML does not understand of the operator's shell."""
    try:
        found = mjml.ignored_markup(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):  # the renderer says it better
        return
    for item in found:
        meant = f"; did you mean {item.meant}?" if item.meant else "; correct it, or take it out"
        what = (
            f"MJML has no <{item.tag}> here"
            if item.attribute is None
            else f"MJML has no {item.attribute} for <{item.tag}>"
        )
        yield f"{file}:{item.line}: {what}{meant}"


def _letter(letter: RenderedContent) -> Iterator[str]:
    if samples.HOSTILE in letter.html:
        yield 'text of papers is not escaped; take "| safe" out of the templates'
    if escape(samples.UNSUBSCRIBE) not in letter.html:
        yield "the HTML has no link to unsubscribe; show letter.ways.unsubscribe in mail/footer.html"
    if samples.UNSUBSCRIBE not in letter.text:
        yield "the text has no address to unsubscribe; show letter.ways.unsubscribe in mail/digest.txt"
    size = len(letter.html.encode())
    if size > LIMIT + 2_000:
        yield (
            f"the HTML has {size} bytes, and Gmail would hide its end; shorten mail/digest.mjml,"
            " mail/header.html or mail/footer.html"
        )
