"""Learns the background table that the program contains.

    python tools/learn_background.py [--sentences] FILES

FILES are JSON lines (also gzipped) with arXiv's metadata: id, title, and summary or abstract. arXiv
gives its metadata under CC0 (https://info.arxiv.org/help/license/index.html), in bulk and by its
API. A paper that occurs several times counts once, as it was first. The table does not depend on the
order of the papers. 28,000 papers take about two minutes.

With --sentences, the sample of the packaged sentence model is made instead: its vectors of every
fiftieth paper. This needs the extra `semantic`, and takes about a minute.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from digest.core.background.learning import learn
from digest.core.text.tokens import ENGLISH
from digest.knowledge import background_files, semantic_model
from digest.knowledge.model_files import PACKAGED

SENTENCES_EVERY = 50
"""Half or twice as many papers change no judged figure by more than .002."""


def read(files: list[Path]) -> Iterator[tuple[str, str, str]]:
    """Yields id, title and abstract of each line."""
    for file in sorted(files):
        with (
            gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open() as text
        ):
            for line in text:
                row = json.loads(line)
                yield row["id"], row["title"], row.get("summary") or row.get("abstract") or ""


def main() -> None:
    """Learns the table and writes it into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--sentences", action="store_true")
    parser.add_argument("--out", type=Path, default=background_files.PACKAGED)
    arguments = parser.parse_args()
    papers: dict[str, tuple[str, str]] = {}
    for identifier, title, abstract in read(arguments.files):
        papers.setdefault(identifier, (title, abstract))
    if arguments.sentences:
        sample = sorted(set(papers.values()))[::SENTENCES_EVERY]
        model = semantic_model.SemanticModel(PACKAGED, home=Path())
        semantic_model.write_sample(model.paper_vectors(sample), semantic_model.SAMPLE)
        print(f"{len(sample):,} vectors of {model.model_id}")
        return
    arrays = learn(papers.values())
    background_files.write(
        arrays,
        arguments.out,
        source="titles and abstracts of arXiv, metadata of new papers 2025-03 to 2026-03",
        licence="CC0-1.0",
        language=ENGLISH,
    )
    print(f"{arrays.papers:,} papers, {len(arrays.terms):,} terms, {len(arrays.vectors):,} vectors")


if __name__ == "__main__":
    main()
