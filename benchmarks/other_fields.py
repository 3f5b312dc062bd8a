"""Measures what profiles of biology get from recorded days of bioRxiv, with the packaged table.

    python benchmarks/other_fields.py [--first 2025-12-09] [--days 14]

The recorded days are below $DIGEST_REAL_DATA/sources, or ../shared/data/sources beside the checkout.
Each day is ranked for sixteen profiles beside the thousand newest papers, with and without what the stored
papers say of their field. Printed are, for each profile, the matches a day (a score of 20 and more),
and how many of the papers are found that surely belong to it: a keyword is in the title, or keywords are in
the text twice. What was last seen, and what a person read, is in docs/research/ranking.md.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

from benchmarks.common.quality_tasks import DATA
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.keywords.patterns import pattern
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.scoring import compile_profile, to_scale, totals
from digest.knowledge import background_files
from digest.sources.records import biorxiv

STORED = 1000
WORTH_A_LOOK = 20.0

PROFILES = {
    "single-cell": "single-cell RNA-seq, scRNA-seq, spatial transcriptomics, cell type annotation,"
    " cell atlas, trajectory inference, single-nucleus RNA sequencing",
    "CRISPR": "CRISPR screen, genome-wide CRISPR, CRISPRi, gene essentiality, sgRNA library,"
    " Perturb-seq, base editing",
    "structures": "cryo-EM structure, cryo-electron tomography, ion channel structure,"
    " membrane transporter, subtomogram averaging, structural basis",
    "gut": "gut microbiome, gut microbiota, metagenomics, short-chain fatty acids, Bacteroides,"
    " fecal microbiota transplantation, bile acids",
    "neural circuits": "neural circuits, optogenetics, calcium imaging, decision making,"
    " prefrontal cortex, dopamine neurons, mouse behavior",
    "drought": "drought stress, drought tolerance, abscisic acid, stomata, root architecture,"
    " salt stress",
    "immunotherapy": "cancer immunotherapy, checkpoint blockade, PD-1, CAR T cells,"
    " tumor microenvironment, T cell exhaustion, neoantigen",
    "heart": "heart failure, cardiomyopathy, ejection fraction, cardiac fibrosis,"
    " myocardial infarction, cardiomyocytes",
    "resistance": "antibiotic resistance, antimicrobial resistance, beta-lactamase,"
    " Klebsiella pneumoniae, multidrug resistant, efflux pump, persister cells",
    "populations": "population genetics, local adaptation, introgression, speciation, gene flow,"
    " demographic history",
    "Alzheimer": "Alzheimer's disease, amyloid beta, tau pathology, microglia, neurodegeneration,"
    " APOE",
    "protein design": "protein design, protein language model, protein structure prediction,"
    " enzyme engineering, directed evolution",
    "malaria": "malaria, Plasmodium falciparum, Anopheles, artemisinin resistance, gametocytes",
    "organoids": "organoids, embryonic stem cells, gastruloids, morphogenesis, Wnt signaling,"
    " lineage tracing",
    "sleep": "sleep, circadian clock",
    "fMRI": "fMRI, working memory, resting-state connectivity, visual cortex, attention",
}


def recorded_papers(first: date, days: int) -> tuple[list[TokenizedPaper], dict[str, range]]:
    """The papers up to the last day, each title once, and the places of those of each day."""
    papers: list[TokenizedPaper] = []
    places: dict[str, range] = {}
    titles: set[str] = set()
    last = str(first + timedelta(days=days - 1))
    for file in sorted((DATA / "sources" / "biorxiv-daily").rglob("*.gz")):
        day, start = file.name[:10], len(papers)
        if not str(first - timedelta(days=30)) <= day <= last:
            continue
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found = [biorxiv.paper(json.loads(line), server="biorxiv") for line in lines]
        for paper in found:
            if paper and paper.title.casefold() not in titles:
                titles.add(paper.title.casefold())
                number = len(papers)
                papers.append(
                    tokenize_paper(
                        Candidate(
                            paper_id=number,
                            revision_id=number,
                            seq=number,
                            kind=AnnouncementKind.NEW,
                            source="",
                            paper=paper,
                        )
                    )
                )
        if day >= str(first):
            places[day] = range(start, len(papers))
    return papers, places


class TableAlone(Corpus):
    """The same papers, as if the table knew their field."""

    @cached_property
    def foreign(self) -> tuple[int, ...]:
        """No papers."""
        return ()


def surely_belongs(keywords: Sequence[Keyword], paper: TokenizedPaper) -> bool:
    """Whether a keyword is in the title, or keywords are in the text twice."""
    places = {place for one in keywords for place in pattern(one).positions(paper.words)}
    return len(places) > 1 or any(place < paper.words.title for place in places)


def main() -> None:
    """Prints the figures of each profile, and their sums."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--first", type=date.fromisoformat, default=date(2025, 12, 9))
    arguments.add_argument("--days", type=int, default=14)
    given = arguments.parse_args()
    papers, places = recorded_papers(given.first, given.days)
    if not places:
        sys.exit(f"{DATA}: no recorded days from {given.first} on; set DIGEST_REAL_DATA")
    table = background_files.load()
    kinds = {"table alone": TableAlone, "stored papers": Corpus}
    counts: Counter[tuple[str, str, str]] = Counter()
    for day in places.values():
        index = PaperIndex(papers[day.start : day.stop])
        stored = papers[max(0, day.stop - STORED) : day.stop]
        corpora = {kind: build(stored, table) for kind, build in kinds.items()}
        for name, written in PROFILES.items():
            keywords = parse_all(written.split(", "))[0]
            profile = Profile(topics=(Topic(name=name, keywords=keywords),))
            belongs = [surely_belongs(keywords, paper) for paper in index.papers]
            for kind, corpus in corpora.items():
                sums = totals(index, compile_profile(profile, corpus))
                matches = [to_scale(total) >= WORTH_A_LOOK for total in sums]
                counts[name, kind, "matches"] += sum(matches)
                counts[name, kind, "sure"] += sum(belongs)
                counts[name, kind, "found"] += sum(map(all, zip(belongs, matches, strict=True)))
    for name in (*PROFILES, "all"):
        named = PROFILES if name == "all" else (name,)
        line = f"{name:16}"
        for kind in kinds:
            shown, found, sure = (
                sum(counts[one, kind, what] for one in named)
                for what in ("matches", "found", "sure")
            )
            each = shown / len(places) / len(named)
            line += f"  {kind}: {each:6.1f} a day, {found} of {sure} found"
        print(line)


if __name__ == "__main__":
    main()
