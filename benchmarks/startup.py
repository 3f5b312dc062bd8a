"""How long a person waits: help pages, `digest run` without work, and a whole `digest run`.

    python benchmarks/startup.py [--against CHECKOUT] [--rounds N] [DUMP ...]

Each command is a whole process, measured by its CPU time (user and system), in turn with
`python -c pass`, and printed as a ratio to it. With --against, the commands of another checkout are
measured in the same rounds; it must work with the packages that are installed here.

The run starts with an empty home each time, collects the dumps, ranks them for one profile and
sends one digest to an SMTP server in this process. The run without work follows it in the same home.
Without names the dumps are those of `$DIGEST_REAL_DATA/dumps`, or else the demo's samples.

All processes keep compiled modules in a folder of this benchmark, as an installed program has them.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from digest.demo.server import ReceivedMessage, mail_server

ROUNDS = 15
NOW = "2026-06-01T06:00:00Z"
ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "digest" / "demo"
PROGRAM = str(Path(sys.executable).with_name("digest"))
HELP = "digest --help"
PAGES = ("run", "profile")  # a command with many imports, and a group with several modules
IDLE, WHOLE = "digest run, nothing to do", "digest run, all dumps"
BOUNDS = {HELP: 8, IDLE: 25, WHOLE: 50}  # times `python -c pass`

Times = dict[str, list[float]]  # CPU seconds of each round, by command


def main() -> None:
    """Prints the medians and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dumps", nargs="*", type=Path, metavar="DUMP")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    given = parser.parse_args()
    dumps = given.dumps or dumps_to_read()
    checkouts = [ROOT, *([given.against.resolve()] if given.against else [])]
    received: list[ReceivedMessage] = []
    base: list[float] = []
    times: dict[Path, Times] = {checkout: {} for checkout in checkouts}
    with mail_server(received.append) as port, tempfile.TemporaryDirectory() as scratch:
        environ = environment(port, Path(scratch) / "modules")
        for _ in range(given.rounds + 1):
            base.append(seconds([sys.executable, "-c", "pass"], environ))
            for checkout in checkouts:
                found = measured(checkout, Path(scratch) / "home", dumps, environ)
                for name, cpu in found:
                    times[checkout].setdefault(name, []).append(cpu)
        assert len(received) == (given.rounds + 1) * len(checkouts), "each run sends one digest"
    print(f"{len(dumps)} dumps, {given.rounds} rounds; median CPU time of the whole process")
    print(f"python -c pass {median(base) * 1000:.1f} ms")
    for checkout in checkouts:
        print(f"\n{checkout}" if len(checkouts) > 1 else "")
        show(times[checkout], median(base))


def environment(port: int, modules: Path) -> dict[str, str]:
    """The settings of the home, and a folder for compiled modules."""
    environ = os.environ | {
        "DIGEST_SMTP_HOST": "127.0.0.1",
        "DIGEST_SMTP_PORT": str(port),
        "DIGEST_SMTP_SECURITY": "none",
        "DIGEST_FROM": "digest@example.org",
        "DIGEST_ENRICH": "off",
        "PYTHONPYCACHEPREFIX": str(modules),
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


def measured(
    checkout: Path, home: Path, dumps: Sequence[Path], environ: Mapping[str, str]
) -> Iterator[tuple[str, float]]:
    """Runs each command of a checkout once; yields its name and its CPU seconds."""
    environ = {**environ, "PYTHONPATH": str(checkout)}
    yield HELP, seconds([PROGRAM, "--help"], environ)
    for name in PAGES:
        yield f"digest {name} --help", seconds([PROGRAM, name, "--help"], environ)
    make_home(home, dumps)
    run = [PROGRAM, "--home", str(home), "--now", NOW, "run"]
    yield WHOLE, seconds(run, environ)
    yield IDLE, seconds(run, environ)


def show(times: Times, base: float) -> None:
    """Prints a line for each command."""
    for name, found in times.items():
        cpu = median(found)
        bound = f"  (at most {BOUNDS[name]})" if name in BOUNDS else ""
        print(f"{name:26} {cpu * 1000:7.1f} ms  {cpu / base:5.1f} times{bound}")


def median(found: Sequence[float]) -> float:
    """The median without the first round, which warms the caches."""
    return statistics.median(found[1:])


def dumps_to_read() -> list[Path]:
    """The real dumps, or the demo's."""
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


def seconds(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """The CPU seconds of one process that succeeds."""
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait again
    assert process.returncode == 0, f"{command} failed"
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
