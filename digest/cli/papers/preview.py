"""`digest preview`: writes a digest to files without sending it."""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from digest.cli import options
from digest.cli.context import CliContext
from digest.cli.inputs import load_profile, require_papers, reranker_of
from digest.cli.papers import screenshots
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import HomeError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class _PreviewedDigest:
    subject: str
    papers: int
    considered: int
    html: str
    text: str
    message: bytes


@click.command("preview", cls=Command)
@options.profile_file("The profile to make a digest for.")
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
    out: Path,
    shoot: bool,
    rerank: bool,
    open_it: bool,
) -> None:
    """Write the first digest for a profile as HTML, text and .eml.

    Nothing is sent, and no digest is stored. If Chromium and the `preview` extra are installed, screenshots are
    taken too: 320, 600 and 1200 pixels wide, in light and dark.

    \b
    JSON: {"subject", "papers", "considered", "files": {"html", "text", "eml"}, "pictures": []}
    """
    if rerank and of_demo:
        raise UsageError("--rerank and --demo exclude each other; give only one of them")
    if profile_file is not None and of_demo:
        raise UsageError("--profile and --demo exclude each other; give only one of them")
    previewed = _demonstrated() if of_demo else _composed(context, profile_file, rerank=rerank)
    files = {
        "html": (out / "digest.html", previewed.html.encode()),
        "text": (out / "digest.txt", previewed.text.encode()),
        "eml": (out / "digest.eml", previewed.message),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, data in files.values():
            # The message contains the reader's address, so only the owner can read the files.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
    except OSError as error:
        raise HomeError(f"{out}: cannot be written: {error.strerror}") from error
    html = files["html"][0]
    browser = screenshots.find_browser() if shoot else None
    shots = list(screenshots.take_screenshots(html, browser=browser)) if browser else []
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


def _composed(context: CliContext, profile_file: Path | None, *, rerank: bool) -> _PreviewedDigest:
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
    return _PreviewedDigest(
        subject=content.subject,
        papers=len(trial.unpacked.entries),
        considered=trial.unpacked.considered,
        html=content.html,
        text=content.text,
        message=message,
    )


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
