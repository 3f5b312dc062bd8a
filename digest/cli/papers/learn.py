"""`digest learn`: makes a background table from the operator's papers."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import HomeError

if TYPE_CHECKING:
    from digest.pipeline.learn import LearnedTable

_MAX_BYTES = 1 << 29  # of one file; about 400,000 papers


@click.command("learn", cls=Command)
@click.option(
    "--papers",
    "papers_files",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE.jsonl",
    help="Learn from this JSON lines file, not from the database. May be given several times.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the table into this folder.  [default: background, in the home]",
)
@click.option(
    "--language",
    default="english",
    show_default=True,
    metavar="NAME",
    help="The language of the papers, by its English name: german, french, ...",
)
@click.pass_obj
def command(
    context: CliContext, *, papers_files: tuple[Path, ...], out: Path | None, language: str
) -> None:
    """Make a background table from your own papers: another field, another language.

    The table says which words are rare, and which mean something similar. The packaged one was
    learned from arXiv. Some thousand papers are needed; stored papers count while they have their
    abstracts. If readers gave feedback, the two tables are compared by it. The new table is not
    used until DIGEST_BACKGROUND names its folder.

    \b
    JSON: {"folder", "papers", "terms", "vectors", "comparison": {"verdict", "profiles",
    "liked", "new", "current"} or null}
    """
    from digest.config.profiles import drafts
    from digest.pipeline import learn

    language = drafts.read_language(language)
    with context.open_app() as app:
        home = app.home.path
        folder = out or home / "background"
        texts, rejected = _texts(papers_files) if papers_files else (None, 0)
        try:
            table = learn.learn_table(
                learn.stored_texts(app.store) if texts is None else texts,
                folder=folder,
                language=language,
                source=", ".join(file.name for file in papers_files) or "stored papers",
            )
        except OSError as error:
            raise HomeError(f"{folder}: cannot be written: {error.strerror}") from error
        # After writing: the comparison reads the table as ranking will read it.
        compared = learn.compare_with_current(
            app.store, folder, learn.stored_feedback(app.store), models=app.ranking_models
        )
        table = replace(table, comparison=compared)
    context.emit(_result(table), _lines(table, home))
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if rejected else exit_codes.DONE)


def _texts(files: tuple[Path, ...]) -> tuple[list[tuple[str, str]], int]:
    """Returns the titles and abstracts of JSON lines files, and the number of rejected lines."""
    from digest.sources import jsonl
    from digest.sources.kinds import file_discovery

    texts: list[tuple[str, str]] = []
    problems = 0
    for file in files:
        data = file_discovery.read_bounded(file, limit=_MAX_BYTES)
        lines, rejected = jsonl.parse(data, origin=str(file))
        for item in rejected:
            stderr.error(f"{file}:{item.line}: {item.reason}")
        problems += len(rejected)
        texts += [(line.paper.title, line.paper.abstract) for line in lines]
    return texts, problems


def _result(table: "LearnedTable") -> dict[str, object]:
    compared = table.comparison
    return {
        "folder": table.folder,
        "papers": table.papers,
        "terms": table.terms,
        "vectors": table.vectors,
        "comparison": None
        if compared is None
        else {
            "verdict": compared.verdict,
            "profiles": compared.profiles,
            "liked": compared.liked,
            "new": round(compared.new, 4),
            "current": round(compared.current, 4),
        },
    }


_VERDICTS = {
    "better": "ranks better than the table in use",
    "worse": "ranks worse than the table in use; keep that one",
    "equal": "ranks as well as the table in use",
    "unknown": "cannot be compared: readers liked too few papers",
}


def _lines(table: "LearnedTable", home: Path) -> Iterator[str]:
    yield (
        f"{table.folder}: {count(table.papers, 'paper')}, {table.terms:,} terms,"
        f" {table.vectors:,} of them with a vector"
    )
    compared = table.comparison
    if compared is None:
        yield "There is no feedback to compare with."
    else:
        yield (
            f"It {_VERDICTS[compared.verdict]}. Mean average precision {compared.new:.3f}, in use"
            f" {compared.current:.3f}; {count(compared.liked, 'liked paper')} of"
            f" {count(compared.profiles, 'profile')}."
        )
    folder = table.folder
    # The setting is relative to the home, so that the home can be moved.
    shown = folder.relative_to(home) if folder.is_relative_to(home) else folder.absolute()
    yield f"To use it, write DIGEST_BACKGROUND={shown} in {home / '.env'}"
