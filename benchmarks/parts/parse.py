"""How fast dumps are read, as a share of `str.split` over the same text.

    python benchmarks/parts/parse.py [FOLDER]

FOLDER holds dumps; without it, $DIGEST_REAL_DATA/dumps, ../shared/data/dumps beside the
checkout, or the demo's samples. Both are measured in turn in one process, after a warm-up,
and the medians are compared: the ratio means something on any machine, the rates do not.

Last seen (Python 3.11, five real dumps): parse 127 MB/s, str.split 202 MB/s, ratio 0.63.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from digest.sources.daily_papers.text_dump import parse

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROUNDS = 40


def folder() -> Path:
    """Where the dumps are."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    real = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "dumps"
    return real if real.is_dir() else ROOT / "digest" / "demo" / "samples"


def seconds(work: Callable[[], object]) -> float:
    """The time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    found = folder()
    dumps = [path.read_bytes() for path in sorted(found.glob("*.txt"))]
    if not dumps:
        sys.exit(f"{found}: no dumps (*.txt)")
    texts = [dump.decode() for dump in dumps]
    size = sum(map(len, dumps)) / 1e6

    def read() -> None:
        for dump in dumps:
            parse(dump, source="bench", origin="bench.txt", modified=None, now=NOW)

    def split() -> None:
        for text in texts:
            text.split()

    for _ in range(5):
        seconds(read)
        seconds(split)
    reads, splits = [], []
    for _ in range(ROUNDS):
        reads.append(seconds(read))
        splits.append(seconds(split))
    parsed, baseline = statistics.median(reads), statistics.median(splits)
    print(f"{len(dumps)} dumps, {size:.2f} MB, median of {ROUNDS} rounds")
    print(f"parse      {parsed * 1e3:8.2f} ms  {size / parsed:8.1f} MB/s")
    print(f"str.split  {baseline * 1e3:8.2f} ms  {size / baseline:8.1f} MB/s")
    print(f"ratio      {baseline / parsed:8.2f}     (at least 0.3)")


if __name__ == "__main__":
    main()
