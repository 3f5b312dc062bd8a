"""What a day costs for each reader: from a CSV of readers to messages in a sink, by the commands.

    pip install -e '.[bench,postgres]' && python -m benchmarks.pipeline --papers DIR
        [--readers 1000,10000] [--database sqlite,postgresql] [--new 1000]
        [--profiles varied|shared] [--sink none|smtp] [--scratch DIR] [--keep]

DIR holds real papers, in files of any format that `digest collect --file` reads. Each reader has a
profile of their own, drawn from the words of the papers' titles (`common/generated_home.py`). The
stages are commands in processes of their own: `digest subscribers import`, `collect`, `publish` and
`deliver`. With the sink `none`, a transport takes the messages and counts their bytes; with `smtp`
they go to an SMTP server on this machine that keeps nothing. Making the profiles is not measured.

Processor time is that of the command and its child processes; that of the PostgreSQL server is in a
column of its own. Memory is the peak of all the command's processes together; what they share
counts once.

The naive program (`common/naive_program.py`) serves up to 1,000 of the same readers before and after
everything else, into the same sink, and the lower of both figures is used. It is compared with
`publish` and `deliver`; its reading and indexing of the papers is left out. It names 18 papers; a second
figure is that of the same program if it also names, as a digest does, up to 100 further ones by their
titles. What was last seen is in benchmarks/README.md.
"""

import argparse
import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.common.counted_digest import COUNTS_VARIABLE, counted
from benchmarks.common.generated_home import READERS_FILE, make_home, read_papers
from benchmarks.common.ledger_setup import database
from benchmarks.common.process_usage import Usage, run_measured, server_process
from benchmarks.common.smtp_sink import sink
from digest.core.models.papers import Paper

DAY = "2026-05-11T"
STAGES = {  # each with its time and its arguments
    "import": (f"{DAY}05:00Z", ("subscribers", "import")),
    "collect": (f"{DAY}06:00Z", ("collect",)),
    "publish": (f"{DAY}06:05Z", ("publish",)),
    "deliver": (f"{DAY}06:10Z", ("deliver",)),
}
NAIVE_READERS = 1000
NAIVE_FURTHER = (0, 100)  # how many further papers the naive program names by their titles
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is the same for all homes."""

    papers: Sequence[Paper]
    options: argparse.Namespace
    scratch: Path
    port: int | None  # of the SMTP server; None: messages are counted

    def make(self, name: str, readers: int) -> Path:
        """Makes a home with so many readers."""
        home = self.scratch / name
        make_home(home, self.papers, readers, shared=self.options.profiles == "shared")
        return home


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the stages took, and what came out."""

    usage: dict[str, Usage]
    editions: int
    papers: int  # in all editions
    sent: int
    message_bytes: int  # of all messages; 0 if the sink does not count them


def main() -> None:
    """Prints the table."""
    options = parsed()
    # As in an installed program. With PYTHONDONTWRITEBYTECODE, each command would compile them anew.
    compileall.compile_dir(ROOT / "digest", quiet=1)
    papers = read_papers(options.papers, options.new)
    with scratch_folder(options) as scratch, smtp_sink(options, scratch) as port:
        setup = Setup(papers=papers, options=options, scratch=scratch, port=port)
        first = naive_seconds(setup)
        days: dict[tuple[str, int], Day] = {}
        print(f"{len(papers):,} papers, {options.profiles} profiles, sink {options.sink}\n")
        print(
            f"{'database':11} {'readers':>9} {'stage':8} {'CPU s':>9} {'us a reader':>12}"
            f" {'server us':>10} {'wall s':>9} {'peak MB':>8}"
        )
        for kind, readers in product(options.database, options.readers):
            days[kind, readers] = one_day(setup, kind, readers)
        naive = [min(both) for both in zip(first, naive_seconds(setup), strict=True)]
    summarize(days, naive)


def parsed() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=Path, required=True, help="a folder with files of papers")
    parser.add_argument("--new", type=int, default=1000, help="how many of the papers are new")
    parser.add_argument("--readers", type=numbers, default=[1000], help="as in 1000,10000")
    parser.add_argument("--database", type=names, default=["sqlite"], help="sqlite,postgresql")
    parser.add_argument("--profiles", choices=["varied", "shared"], default="varied")
    parser.add_argument("--sink", choices=["none", "smtp"], default="none")
    parser.add_argument("--until", choices=list(STAGES), default="deliver", help="the last stage")
    parser.add_argument("--scratch", type=Path, help="where the homes are made")
    parser.add_argument("--keep", action="store_true", help="keep the homes in the scratch folder")
    parser.add_argument("--no-naive", action="store_true", help="leave the naive program out")
    return parser.parse_args()


def numbers(given: str) -> list[int]:
    """Numbers with commas between."""
    return [int(part) for part in given.split(",")]


def names(given: str) -> list[str]:
    """Names of databases with commas between."""
    return given.split(",")


@contextmanager
def scratch_folder(options: argparse.Namespace) -> Iterator[Path]:
    """The folder for everything that is made."""
    if options.scratch:
        options.scratch.mkdir(parents=True, exist_ok=True)
        yield options.scratch
        return
    with tempfile.TemporaryDirectory(prefix="paper-digest-pipeline-") as folder:
        yield Path(folder)


@contextmanager
def smtp_sink(options: argparse.Namespace, scratch: Path) -> Iterator[int | None]:
    """The port of the SMTP server; None if none is wanted."""
    if options.sink == "none":
        yield None
        return
    with sink(scratch / "taken") as port:
        yield port


def naive_seconds(setup: Setup) -> list[float]:
    """Seconds of processor time of the naive program for each reader, by `NAIVE_FURTHER`."""
    if setup.options.no_naive:
        return []
    readers: int = min(NAIVE_READERS, max(setup.options.readers))
    home = setup.make("naive", readers)
    command = [sys.executable, "-m", "benchmarks.common.naive_program", str(home), str(readers)]
    command += ["--port", str(setup.port)] if setup.port else []
    found = []
    for further in NAIVE_FURTHER:
        asked = [*command, "--further", str(further)]
        done = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=ROOT)
        found.append(float(json.loads(done.stdout)["readers"]) / readers)
    shutil.rmtree(home)
    return found


def one_day(setup: Setup, kind: str, readers: int) -> Day:
    """Makes a home and runs the stages, and prints a line for each."""
    home = setup.make(f"{kind}-{readers}", readers)
    # SQLite where an operator has it, so that `--keep` keeps it.
    with database(f"sqlite:///{home / 'digest.db'}" if kind == "sqlite" else kind) as url:
        usage = {}
        for stage in list(STAGES)[: list(STAGES).index(setup.options.until) + 1]:
            usage[stage] = took = run_stage(stage, home, url, setup.port)
            print(
                f"{kind:11} {readers:9,} {stage:8} {took.cpu:9.2f} {1e6 * took.cpu / readers:12,.0f}"
                f" {1e6 * took.server_cpu / readers:10,.0f} {took.wall:9.2f} {took.peak_mb:8.0f}",
                flush=True,
            )
        day = outcome(url, usage, home)
    if not setup.options.keep:
        shutil.rmtree(home)
    return day


def run_stage(stage: str, home: Path, url: str, port: int | None) -> Usage:
    """Runs the command of a stage."""
    moment, arguments = STAGES[stage]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    environ |= {
        "PYTHONPATH": str(ROOT),
        "DIGEST_DATABASE_URL": url,
        "DIGEST_FROM": "Paper Digest <digest@example.org>",
        "DIGEST_ENRICH": "off",
        "DIGEST_BASE_URL": "https://digest.example.org",
        "DIGEST_SMTP_HOST": "127.0.0.1",
        "DIGEST_SMTP_PORT": str(port or 9),  # nobody answers there
        "DIGEST_SMTP_SECURITY": "none",
        COUNTS_VARIABLE: str(home / "counted"),
    }
    module = "digest" if port or stage != "deliver" else "benchmarks.common.counted_digest"
    command = [sys.executable, "-m", module, "--home", str(home), "--now", moment, *arguments]
    command += [str(home / READERS_FILE)] if stage == "import" else []
    return run_measured(command, environ=environ, server=server_process(url))


def outcome(url: str, usage: dict[str, Usage], home: Path) -> Day:
    """Counts what the stages made."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        count = [
            int(connection.execute(text(f"SELECT {asked}")).scalar_one())
            for asked in (
                "count(*) FROM edition",
                "coalesce(sum(length(papers)), 0) FROM shown_papers",
                "count(*) FROM edition WHERE state = 'sent'",
            )
        ]
    engine.dispose()
    file = home / "counted"
    return Day(
        usage=usage,
        editions=count[0],
        papers=count[1],
        sent=count[2],
        message_bytes=counted(file)[1] if file.exists() else 0,
    )


def summarize(days: dict[tuple[str, int], Day], naive: Sequence[float]) -> None:
    """Prints what came out, and the comparisons."""
    smallest = min(readers for _, readers in days)
    print()
    for (kind, readers), day in days.items():
        cost = {size: daily_seconds(days[kind, size], size) for size in (smallest, readers)}
        print(
            f"{kind:11} {readers:9,} readers: {day.editions:,} digests,"
            f" {day.papers / max(day.editions, 1):.1f} papers and"
            f" {day.message_bytes // max(day.sent, 1):,} bytes each, {day.sent:,} sent;"
            f" publish and deliver {1e6 * cost[readers]:,.0f} us a reader,"
            f" {cost[readers] / cost[smallest]:.2f} times that with {smallest:,}"
        )
        for further, seconds in zip(NAIVE_FURTHER, naive, strict=False):
            print(
                f"{'':30} the naive program, {further} further titles: {1e6 * seconds:,.0f} us,"
                f" {seconds / cost[readers]:.2f} times ours"
            )


def daily_seconds(day: Day, readers: int) -> float:
    """Seconds of processor time of publishing and delivering for each reader, with the server's."""
    used = [day.usage[stage] for stage in ("publish", "deliver") if stage in day.usage]
    return sum(one.cpu + one.server_cpu for one in used or day.usage.values()) / readers


if __name__ == "__main__":
    main()
