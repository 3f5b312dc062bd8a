"""What years of papers and digests cost: each command over a long history, and over an empty store.

    python -m benchmarks.campaigns.history --papers DIR [--size 500000] [--editions 500000]
        [--database sqlite|postgresql] [--store FILE] [--rounds 3] [--new 1000]

DIR holds real papers, as for `pipeline.py`. The history is made by `common/history_store.py`; with
--store it is kept in a SQLite file, and used again. Both stores then get the same live readers, and
the same commands run on both, in turn: collect 1,000 new papers, publish and deliver for the live
readers, status, why-no-mail, find a paper by a part of its title, tidy (which prunes), backup. The figures are
seconds of processor time of the command and of the database server, and their difference: what the
history costs. During prune and backup another process writes one row every few milliseconds; its longest
wait says how long delivering would be blocked.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.common.counted_digest import COUNTS_VARIABLE
from benchmarks.common.generated_home import (
    READERS_FILE,
    address,
    make_home,
    read_papers,
    vocabulary,
)
from benchmarks.common.history_store import History, HistoryFiller
from benchmarks.common.ledger_setup import database
from benchmarks.common.process_usage import Usage, run_measured, server_process
from digest.core.models.papers import Paper
from digest.store.maintenance import migrate

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-05-11T"
LIVE_READERS = 20
_EVERY = 0.005  # seconds between two rows of the other writer


class Home:
    """A home over one of the two stores.

    Args:
        path: the folder.
        url: the database.
        server: the first process of its server; None for SQLite.
    """

    def __init__(self, path: Path, url: str, server: int | None) -> None:
        self.path = path
        self.url = url
        self._server = server

    def run(self, *arguments: str, moment: str) -> Usage:
        """Runs a command and measures it."""
        environ = {name: v for name, v in os.environ.items() if not name.startswith("DIGEST_")}
        environ |= {
            "PYTHONPATH": str(ROOT),
            "DIGEST_DATABASE_URL": self.url,
            "DIGEST_FROM": "Paper Digest <digest@example.org>",
            "DIGEST_ENRICH": "off",
            "DIGEST_SMTP_HOST": "127.0.0.1",
            "DIGEST_SMTP_SECURITY": "none",
            COUNTS_VARIABLE: str(self.path / "counted"),
        }
        module = "benchmarks.common.counted_digest" if arguments[0] == "deliver" else "digest"
        command = [sys.executable, "-m", module, "--home", str(self.path), "--now", moment]
        return run_measured([*command, *arguments], environ=environ, server=self._server)


def main() -> None:
    """Prints a line for each command."""
    options = parsed()
    papers = read_papers(options.papers, options.new)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-history-")))
        homes = [
            make(stack, scratch / name, papers, options, history=history)
            for name, history in (("history", True), ("empty", False))
        ]
        print(f"{options.size:,} papers, {options.editions:,} digests, {options.database}\n")
        head = f"{'command':34} {'history':>9} {'empty':>9} {'ratio':>6} {'more':>8} {'wall':>8}"
        print(head, flush=True)
        for name, arguments, moment, rounds in commands(papers):
            shown(name, measured(homes, arguments, moment, min(rounds, options.rounds)))
        for name, arguments, moment in maintenance(scratch):
            with other_writer(homes[0].url) as waits:
                used = homes[0].run(*arguments, moment=moment)
            shown(name, (used, homes[1].run(*arguments, moment=moment)))
            print(
                f"{'':34} another writer waited {1000 * max(waits):.0f} ms at most,"
                f" {1000 * statistics.median(waits):.1f} ms usually"
            )


def parsed() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=Path, required=True, help="a folder with files of papers")
    parser.add_argument("--new", type=int, default=1000, help="how many of the papers are new")
    parser.add_argument("--size", type=int, default=500_000, help="papers of the history")
    parser.add_argument("--editions", type=int, default=500_000, help="digests of the history")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--store", type=Path, help="keep the history in this SQLite file")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def make(
    stack: ExitStack,
    path: Path,
    papers: Sequence[Paper],
    options: argparse.Namespace,
    *,
    history: bool,
) -> Home:
    """A home with live readers, over a store with or without a history."""
    make_home(path, papers, LIVE_READERS)
    file = path / "digest.db"
    kind = f"sqlite:///{file}" if options.database == "sqlite" else options.database
    url = stack.enter_context(database(kind))
    if history:
        kept: Path | None = options.store
        if kept is not None and kept.exists():
            shutil.copyfile(kept, file)
            began = time.process_time()
            if migrate.upgrade(url):
                print(f"upgrade: {time.process_time() - began:.1f} s of processor time")
        else:
            size = History(papers=options.size, editions=options.editions)
            words = [word for word in vocabulary(papers) if " " not in word]
            HistoryFiller(url, size, words=words, sample=papers).fill()
            if kept is not None:
                shutil.copyfile(file, kept)
    home = Home(path, url, server_process(url))
    home.run("subscribers", "import", str(path / READERS_FILE), moment=f"{DAY}05:00Z")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as tx:  # as they are on any later day: only the new papers are for them
        last = "(SELECT value FROM counter WHERE name = 'announcement')"
        tx.execute(text(f"UPDATE subscription SET read_through = {last}"))
    engine.dispose()
    return home


def commands(papers: Sequence[Paper]) -> Iterator[tuple[str, tuple[str, ...], str, int]]:
    """Name, arguments, time and rounds of the commands that are compared."""
    yield "collect 1,000 new papers", ("collect",), f"{DAY}06:00Z", 1
    yield "collect, nothing new", ("collect",), f"{DAY}06:01Z", 9
    yield f"publish, {LIVE_READERS} readers", ("publish",), f"{DAY}06:05Z", 1
    yield "publish, nobody due", ("publish",), f"{DAY}06:06Z", 9
    yield f"deliver, {LIVE_READERS} messages", ("deliver",), f"{DAY}06:10Z", 1
    yield "deliver, nothing queued", ("deliver",), f"{DAY}06:11Z", 9
    yield "status", ("status",), f"{DAY}06:12Z", 9
    yield "why-no-mail", ("why-no-mail", address(1)), f"{DAY}06:13Z", 9
    middle = papers[len(papers) // 2].title.split()
    part = " ".join(middle[:4])
    yield "history, part of a title", ("history", part), f"{DAY}06:14Z", 9
    yield "subscribers show", ("subscribers", "show", address(1)), f"{DAY}06:14Z", 9


def maintenance(scratch: Path) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Those that may block others: name, arguments and time."""
    yield "tidy: prune for the first time", ("tidy",), f"{DAY}07:00Z"
    yield "tidy: prune a day later", ("tidy",), "2026-05-12T07:00Z"
    yield "backup", ("db", "backup", str(scratch / "backup.db"), "--force"), "2026-05-12T08:00Z"


def measured(
    homes: Sequence[Home], arguments: tuple[str, ...], moment: str, rounds: int
) -> tuple[Usage, Usage]:
    """The usages of both stores that took the median processor time, measured in turn."""
    found: list[list[Usage]] = [[], []]
    for _ in range(rounds):
        for place, home in enumerate(homes):
            found[place].append(home.run(*arguments, moment=moment))
    long, empty = (sorted(each, key=total)[len(each) // 2] for each in found)
    return long, empty


def total(usage: Usage) -> float:
    """Processor seconds, with those of the server."""
    return usage.cpu + usage.server_cpu


def shown(name: str, used: tuple[Usage, Usage]) -> None:
    """Prints a line."""
    long, empty = used
    ratio = total(long) / total(empty)
    more = 1000 * (total(long) - total(empty))
    print(
        f"{name:34} {total(long):9.2f} {total(empty):9.2f} {ratio:6.2f} {more:6.0f}ms"
        f" {long.wall:7.1f}s",
        flush=True,
    )


@contextmanager
def other_writer(url: str) -> Iterator[list[float]]:
    """Writes one row again and again; yields the seconds that each write took."""
    waits = [0.0]
    ended = threading.Event()
    if url.startswith("sqlite"):
        work = threading.Thread(target=_write_sqlite, args=(url, waits, ended))
    else:
        work = threading.Thread(target=_write_postgres, args=(url, waits, ended))
    work.start()
    try:
        yield waits
    finally:
        ended.set()
        work.join()


def _write_sqlite(url: str, waits: list[float], ended: threading.Event) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    while not ended.wait(_EVERY):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE subscription SET paused = paused WHERE id = 1")
        connection.execute("COMMIT")
        waits.append(time.perf_counter() - began)
    connection.close()


def _write_postgres(url: str, waits: list[float], ended: threading.Event) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        while not ended.wait(_EVERY):
            began = time.perf_counter()
            connection.execute(text("UPDATE subscription SET paused = paused WHERE id = 1"))
            connection.commit()
            waits.append(time.perf_counter() - began)
    engine.dispose()


if __name__ == "__main__":
    main()
