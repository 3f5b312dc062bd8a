"""`digest preview`: writes a digest to files without sending it."""

import os
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.inputs import load_profile, require_papers, reranker_of
from digest.cli.papers import screenshots
from digest.cli.papers.preview_page import all_forms_page
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import HomeError, UsageError

if TYPE_CHECKING:
    from digest.mail.rendering.renderer import RenderedContent


class _PreviewedDigest(Struct, frozen=True, kw_only=True):
    subject: str
    papers: int
    considered: int
    html: str
    text: str
    message: bytes
    all_forms: str = ""  # a page with every form in every theme


@click.command("preview", cls=Command)
@options.profile_file("The profile to make a digest for.")
@click.option(
    "--all",
    "all_forms",
    is_flag=True,
    help="Write every form of the digest in every built-in theme, on one page: all.html.",
)
@click.option(
    "--demo", "of_demo", is_flag=True, help="Use the second day of the demo. Needs no home."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("preview"),
    show_default=True,
    metavar="DIR",
    help="Write into this folder; it is created if needed.",
)
@click.option(
    "--pictures/--no-pictures", "shoot", default=True, help="Also take screenshots, as PNG files."
)
@options.rerank()
@click.option("--open", "open_it", is_flag=True, help="Open the HTML in the browser.")
@click.pass_obj
def command(
    context: CliContext,
    *,
    profile_file: Path | None,
    of_demo: bool,
    all_forms: bool,
    out: Path,
    shoot: bool,
    rerank: bool,
    open_it: bool,
) -> None:
    """Write the first digest for a profile as HTML, text and .eml.

    Nothing is sent, and no digest is stored. If Chromium and the `preview` extra are installed, screenshots are
    taken too: 320, 600 and 1200 pixels wide, in light and dark.

    \b
    JSON: {"subject", "papers", "considered", "files": {"html", "text", "eml"}, "pictures": []};
    with --all, "files" has "all" too
    """
    if rerank and of_demo:
        raise UsageError("--rerank and --demo exclude each other; give only one of them")
    if profile_file is not None and of_demo:
        raise UsageError("--profile and --demo exclude each other; give only one of them")
    if all_forms and of_demo:
        raise UsageError("--all and --demo exclude each other; give only one of them")
    previewed = (
        _demonstrated()
        if of_demo
        else _composed(context, profile_file, rerank=rerank, all_forms=all_forms)
    )
    files = {
        "html": (out / "digest.html", previewed.html.encode()),
        "text": (out / "digest.txt", previewed.text.encode()),
        "eml": (out / "digest.eml", previewed.message),
    }
    if previewed.all_forms:
        files["all"] = (out / "all.html", previewed.all_forms.encode())
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, data in files.values():
            # The message contains the reader's address, so only the owner can read the files.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
    except OSError as error:
        raise HomeError(f"{out}: cannot be written: {error.strerror}") from error
    html = files["all" if previewed.all_forms else "html"][0]
    browser = screenshots.find_browser() if shoot else None
    shots = list(screenshots.take_screenshots(files["html"][0], browser=browser)) if browser else []
    context.emit(
        {
            "subject": previewed.subject,
            "papers": previewed.papers,
            "considered": previewed.considered,
            "files": {name: path for name, (path, _) in files.items()},
            "pictures": [str(path) for path in shots],
        },
        [
            previewed.subject,
            f"{previewed.papers} of {count(previewed.considered, 'paper')}",
            *(str(path) for path, _ in files.values()),
            *map(str, shots),
            *([f"({screenshots.INSTALL_HINT})"] if shoot and not browser else []),
        ],
    )
    if open_it:
        click.launch(str(html))


def _composed(
    context: CliContext, profile_file: Path | None, *, rerank: bool, all_forms: bool
) -> _PreviewedDigest:
    given = load_profile(context, profile_file)
    with context.open_app() as app, reranker_of(context, app, wanted=rerank) as reranker:
        require_papers(app.store)
        trial = app.compose_trial(
            profile_text=given.text,
            to=None,
            name=given.path.stem,
            folder=given.path.parent,
            now=context.moment(),
            reranker=reranker,
        )
        content = app.message_writer.render(trial)
        message = app.message_writer.envelope(trial, content).message
        page = ""
        if all_forms:
            from digest.app.rendering.preview_forms import preview_forms

            page = all_forms_page(preview_forms(trial, app.message_writer, app.settings))
    return _PreviewedDigest(
        subject=content.subject,
        papers=len(trial.unpacked.entries),
        considered=trial.unpacked.considered,
        html=_with_pictures(content),
        text=content.text,
        message=message,
        all_forms=page,
    )


def _with_pictures(content: "RenderedContent") -> str:
    """Returns the HTML with its attached pictures in it, as a browser finds no attachments."""
    html = content.html
    for file in content.attachments:
        if file.content_id:
            data = b64encode(file.data).decode("ascii")
            html = html.replace(f"cid:{file.content_id}", f"data:{file.media_type};base64,{data}")
    return html


def _demonstrated() -> _PreviewedDigest:
    """Returns the message of the demo's second day, as the mail server received it."""
    import tempfile
    from email import message_from_bytes, policy

    from digest.demo.show import run_demo

    with tempfile.TemporaryDirectory(prefix="paper-digest-demo-") as folder:
        day = run_demo(Path(folder)).days[-1]
        message = day.eml.read_bytes()
    parsed = message_from_bytes(message, policy=policy.default)
    parts = {part.get_content_type(): str(part.get_content()) for part in parsed.iter_parts()}
    return _PreviewedDigest(
        subject=day.subject,
        papers=day.shown,
        considered=day.new,
        html=parts["text/html"],
        text=parts["text/plain"],
        message=message,
    )
