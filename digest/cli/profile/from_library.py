"""`digest profile from-library`: derives a profile from a reading list."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.inputs import ranking_models, stored_papers
from digest.cli.output import exit_codes
from digest.cli.root import Command
from digest.cli.timezone import local_zone
from digest.errors import InputError


@click.command("from-library", cls=Command)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--keywords",
    type=click.IntRange(1, 1000),
    default=40,
    show_default=True,
    metavar="N",
    help="The most keywords in the result, and in the profile of a very long list.",
)
@click.option(
    "--language",
    default="english",
    show_default=True,
    metavar="NAME",
    help="The language of the papers, by its English name: german, french, ...",
)
@click.option("--email", metavar="ADDRESS", help="The address that gets the digest.")
@click.pass_obj
def from_library(
    context: CliContext, *, file: Path, keywords: int, language: str, email: str | None
) -> None:
    """Derive a profile from a reading list, and print it for you to edit.

    FILE is BibTeX, RIS, CSL JSON as Zotero exports it, or JSON lines with title and abstract.
    The profile names it in `likes`: papers like its papers are found. Keep the list beside the
    profile. Words and phrases that describe it are suggested in comments. A list of more than 1,000
    papers is not kept: words that are frequent in it become keywords with weights.

    \b
    JSON: {"profile", "papers", "keywords": [{"keyword", "weight", "papers"}]}
    """
    from digest.config.profiles import drafts
    from digest.config.scaffold import PLACEHOLDER
    from digest.pipeline.publishing import from_library as derivation
    from digest.sources.kinds import file_discovery
    from digest.sources.library import parse as library_parser

    language = drafts.read_language(language)
    address = drafts.read_address(email) if email is not None else PLACEHOLDER
    papers, rejected = library_parser.parse(file_discovery.read_bounded(file), origin=str(file))
    derived = derivation.from_library(
        papers,
        background=stored_papers(context),
        keywords=keywords,
        language=language,
        models=ranking_models(context),
    )
    if not derived.keywords:
        raise InputError("no word in it can be a keyword; it needs papers with titles", file=file)
    text = drafts.draft_from_library(
        name=file.name,
        email=address,
        timezone=local_zone(),
        papers=papers,
        keywords=derived.keywords,
        holding=derived.paper_counts,
        describing=derived.describing,
    )
    context.emit(
        {
            "profile": text,
            "papers": len(papers),
            "keywords": [
                {"keyword": keyword.text, "weight": keyword.weight, "papers": count}
                for keyword, count in zip(derived.keywords, derived.paper_counts, strict=True)
            ],
        },
        [text.rstrip("\n")],
    )
    for item in rejected:
        place = f"{file}:{item.line}" if item.line is not None else str(file)
        exit_codes.error(f"{place}: {item.reason}")
    if email is None:
        context.warn(f"the address is a placeholder, {PLACEHOLDER}; replace it with yours")
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if rejected else exit_codes.DONE)
