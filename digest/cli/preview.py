"""The `preview` command."""

from pathlib import Path

import click

from digest.cli import words
from digest.cli.call import Call
from digest.cli.group import Command
from digest.cli.scene import load_profile


@click.command("preview", cls=Command)
@click.option(
    "--profile",
    "profile_file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The profile to compose for.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("preview"),
    show_default=True,
    metavar="DIR",
    help="Where to write; made if needed.",
)
@click.option("--open", "open_it", is_flag=True, help="Show the HTML in the browser.")
@click.pass_obj
def command(call: Call, *, profile_file: Path, out: Path, open_it: bool) -> None:
    """Write the digest that this profile would begin with: HTML, text and .eml.

    Nothing is sent, and nothing is recorded.

    \b
    JSON: {"subject", "papers", "considered", "files": {"html", "text", "eml"}}
    """
    from digest.config import profiles
    from digest.errors import HomeError

    load_profile(profile_file)
    with call.app() as app:
        now = call.moment()
        authored = profiles.read(profile_file)
        trial = app.trial(profile_text=authored, to=None, name=profile_file.stem, now=now)
        content, message = app.render(trial), app.write(trial).message
    files = {
        "html": (out / "digest.html", content.html.encode()),
        "text": (out / "digest.txt", content.text.encode()),
        "eml": (out / "digest.eml", message),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, data in files.values():
            path.write_bytes(data)
    except OSError as error:
        raise HomeError(f"{out}: cannot be written: {error.strerror}") from error
    edition = trial.edition
    call.emit(
        {
            "subject": content.subject,
            "papers": len(edition.entries),
            "considered": edition.considered,
            "files": {name: path for name, (path, _) in files.items()},
        },
        [
            content.subject,
            f"{len(edition.entries)} of {words.count(edition.considered, 'paper')}",
            *(str(path) for path, _ in files.values()),
        ],
    )
    if open_it:
        click.launch(str(files["html"][0]))
