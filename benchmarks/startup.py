"""How long a person waits: `digest --help`, and a whole one-subscriber `digest run`.

    python benchmarks/startup.py [DUMP ...]

Each is measured as a whole process, in turn with `python -c pass`, and told as a ratio
to it. The run starts with an empty home each time, collects the dumps, ranks them for one
profile and sends one digest to an SMTP server in this process. Without arguments the dumps
are those of `$DIGEST_REAL_DATA/dumps`, or else the demo's samples.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.demo.server import ReceivedMessage, mail_server

ROUNDS = 15
NOW = "2026-06-01T06:00:00Z"
DEMO = Path(__file__).resolve().parents[1] / "digest" / "demo"
BOUNDS = {"digest --help": 8, "digest run": 80}  # times `python -c pass`


def main() -> None:
    """Prints the medians and the ratios."""
    dumps = dumps_to_read(sys.argv[1:])
    received: list[ReceivedMessage] = []
    with mail_server(received.append) as port, tempfile.TemporaryDirectory() as scratch:
        program = Path(sys.executable).with_name("digest")
        home = Path(scratch) / "home"
        environ = os.environ | {
            "DIGEST_SMTP_HOST": "127.0.0.1",
            "DIGEST_SMTP_PORT": str(port),
            "DIGEST_SMTP_SECURITY": "none",
            "DIGEST_FROM": "digest@example.org",
        }
        commands: dict[str, tuple[Sequence[str], Callable[[], None]]] = {
            "python -c pass": ([sys.executable, "-c", "pass"], lambda: None),
            "digest --help": ([str(program), "--help"], lambda: None),
            "digest run": (
                [str(program), "--home", str(home), "--now", NOW, "run"],
                lambda: make_home(home, dumps),
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS + 1):  # the first round warms the caches, and is not counted
            for name, (command, prepare) in commands.items():
                prepare()
                times[name].append(seconds(command, environ))
        assert len(received) == ROUNDS + 1, "every run sends one digest"
    base = statistics.median(times["python -c pass"][1:])
    print(f"{len(dumps)} dumps, {ROUNDS} rounds; median of the whole process")
    for name, measured in times.items():
        median = statistics.median(measured[1:])
        bound = f"  (at most {BOUNDS[name]})" if name in BOUNDS else ""
        print(f"{name:16} {median * 1000:7.1f} ms  {median / base:5.1f} times{bound}")


def dumps_to_read(named: Sequence[str]) -> list[Path]:
    """The dumps of the command line, the real ones, or the demo's."""
    if named:
        return [Path(name) for name in named]
    real = Path(os.environ.get("DIGEST_REAL_DATA", "")) / "dumps"
    folder = real if os.environ.get("DIGEST_REAL_DATA") else DEMO / "samples"
    return sorted(folder.glob("*.txt"))


def make_home(home: Path, dumps: Sequence[Path]) -> None:
    """A home as new, with one profile and the dumps."""
    shutil.rmtree(home, ignore_errors=True)
    (home / "dumps").mkdir(parents=True)
    (home / "profiles").mkdir()
    (home / "sources.toml").write_text('[[sources]]\nname = "d"\nkind = "dump"\npath = "dumps"\n')
    shutil.copy(DEMO / "profile.toml", home / "profiles" / "reader.toml")
    for dump in dumps:
        shutil.copyfile(dump, home / "dumps" / dump.name)


def seconds(command: Sequence[str], environ: dict[str, str]) -> float:
    """The wall time of one process that succeeds."""
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
