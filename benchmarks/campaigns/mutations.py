"""How many small mistakes in the code do the tests find?

    python benchmarks/campaigns/mutations.py [--each 80] [--seed 1] [--only PATH] [--report FILE]

Draws changes inside functions at random from `core`, `store`, `mail` and `pipeline`, the same number
of each, and runs the tests that enter the changed function. A change that all of them pass "lived".
Prints each one that lived, and the share that was caught for each package.

The tests are imported once. For each change, the process forks; the child replaces the code of the
function in its memory and runs the tests, fastest first, until one fails. So no file is changed.
Tests with PostgreSQL or a browser are left out, and tests in other processes see no change.
"""

import argparse
import importlib
import itertools
import json
import os
import pkgutil
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.common.mutations.ast_mutations import Mutation, mutations_of
from benchmarks.common.mutations.code_replacement import LoadedFunctions

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "store", "mail", "pipeline")
TESTS = (
    "tests/unit/core", "tests/unit/mail", "tests/unit/doctor", "tests/integration/store",
    "tests/integration/pipeline", "tests/integration/mail/transports", "tests/integration/app",
    "tests/integration/doctor", "tests/integration/sources/test_fortnight.py", "tests/integration/web",
)  # fmt: skip
_TOO_SLOW = ("test_delivery_killed", "test_real_", "test_linear_time", "test_migrate")
_CONSTANTS = 0.3  # the share of changes to constants that can be drawn: half of all are such
_LONGEST_TEST = 2.5  # seconds
_MEMORY = 4 << 30
_CAUGHT, _PASSED, _BROKEN = 1, 0, 99


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One change, and what the tests found."""

    path: str
    mutation: Mutation
    result: str  # "caught", "lived", or "no test" if no test enters the function
    tests: int

    def line(self) -> str:
        """Returns the trial as one line."""
        return f"{self.result:7} {_name(self.path, self.mutation)} ({self.tests} tests)"


def _name(path: str, mutation: Mutation) -> str:
    change = f"{mutation.old[:90]}  ->  {' '.join(mutation.new.split())[:90]}"
    return f"{path}:{mutation.line} [{mutation.kind}] {change}"


def _reported(report: Path | None) -> dict[str, "Reported"]:
    """Returns the trials of an interrupted campaign, by the names of the changes."""
    if report is None or not report.exists():
        return {}
    found: dict[str, Reported] = {}
    for line in report.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(caught|lived|no test) +((\S+?):.*) \(\d+ tests\)", line)
        if match:
            found[match[2]] = Reported(path=match[3], result=match[1])
    return found


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A trial of an earlier, interrupted campaign."""

    path: str
    result: str


class Campaign:
    """A plug-in of pytest that runs the tests once for each change.

    Args:
        options: the arguments of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._seconds: dict[str, float] = {}
        self._by_function: dict[tuple[str, str], set[str]] = {}
        self._items: dict[str, pytest.Item] = {}
        self._failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes that a test failed."""
        self._failed = self._failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Runs the campaign in place of the tests."""
        self._items = {item.nodeid: item for item in session.items}
        functions = LoadedFunctions(ROOT)
        self._record(functions)
        trials: list[Trial | Reported] = []
        known = _reported(self._options.report)
        lived = {
            name
            for name, trial in _reported(self._options.again).items()
            if trial.result == "lived"
        }
        changes = drawn(self._options.each, self._options.seed, self._options.only)
        if lived:
            changes = (item for item in every_change("") if _name(*item) in lived)
        for path, mutation in changes:
            trial = known.get(_name(path, mutation)) or self._judged(functions, path, mutation)
            trials.append(trial)
            if self._options.report and isinstance(trial, Trial):
                with self._options.report.open("a", encoding="utf-8") as report:
                    report.write(f"{trial.line()}\n")
            if isinstance(trial, Trial) and trial.result != "caught":
                print(trial.line(), file=sys.stderr, flush=True)
        print("\n".join(table(trials)), file=sys.stderr, flush=True)
        return True

    def _record(self, functions: LoadedFunctions) -> None:
        """Runs all tests once without a change, in a child, and reads what they entered."""
        with tempfile.TemporaryDirectory(prefix="paper-digest-mutations-") as folder:
            target = self._options.trace or Path(folder) / "trace.json"
            if not target.exists():
                forked(lambda: self._trace(functions, target), timeout=3000.0)
            recorded = json.loads(target.read_text(encoding="utf-8"))
        for name, (seconds, entered) in recorded.items():
            if name in self._items and seconds <= _LONGEST_TEST:
                self._seconds[name] = seconds
                for path, function in entered:
                    self._by_function.setdefault((path, function), set()).add(name)
        print(f"{len(recorded)} tests pass without a change", file=sys.stderr, flush=True)

    def _trace(self, functions: LoadedFunctions, target: Path) -> int:
        entered: set[tuple[str, str]] = set()
        functions.record_entries(entered)
        recorded: dict[str, tuple[float, list[tuple[str, str]]]] = {}
        items = list(self._items.values())
        for item, following in zip(items, [*items[1:], None], strict=True):
            entered.clear()
            self._failed = False
            started = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if not self._failed:
                recorded[item.nodeid] = (time.perf_counter() - started, sorted(entered))
        target.write_text(json.dumps(recorded), encoding="utf-8")
        return _PASSED

    def _judged(self, functions: LoadedFunctions, path: str, mutation: Mutation) -> Trial:
        names = self._tests_of(path, mutation.function)
        if not names:
            return Trial(path=path, mutation=mutation, result="no test", tests=0)
        source = mutation.apply((ROOT / path).read_bytes())

        def run() -> int:
            functions.replace(path, source)
            items = [self._items[name] for name in names]
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    return _CAUGHT
            return _PASSED

        seconds = sum(self._seconds[name] for name in names)
        code = forked(run, timeout=10.0 + 4.0 * seconds)
        if code == _BROKEN:
            raise RuntimeError(f"{path}:{mutation.line}: the change cannot be made: {mutation}")
        result = "lived" if code == _PASSED else "caught"
        return Trial(path=path, mutation=mutation, result=result, tests=len(names))

    def _tests_of(self, path: str, function: str) -> list[str]:
        """Returns the tests that enter a function; the fastest first, up to the budget.

        The tests of the module's own file are among them: a result that is kept in a cache is
        computed in the first test only.
        """
        own_file = f"/test_{path.rpartition('/')[2]}"
        found = self._by_function.get((path, function), set()) | {
            name for name in self._seconds if name.partition("::")[0].endswith(own_file)
        }
        order = sorted(found, key=lambda name: (own_file not in name, self._seconds[name]))
        chosen: list[str] = []
        spent = 0.0
        for name in order:
            spent += self._seconds[name]
            if spent > self._options.budget and chosen:
                break
            chosen.append(name)
        # Tests of one file share fixtures, so a file is not left and entered again.
        files = {
            name.partition("::")[0]: place for place, name in reversed(list(enumerate(chosen)))
        }
        return sorted(chosen, key=lambda name: files[name.partition("::")[0]])


def forked(work: Callable[[], int], *, timeout: float) -> int | None:
    """Runs something in a forked process; returns its number, or None after the timeout."""
    process = os.fork()
    if process == 0:
        code = _BROKEN
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            output = os.open(os.devnull, os.O_WRONLY)
            os.dup2(output, 1)
            os.dup2(output, 2)
            code = work()
        except BaseException as error:  # noqa: BLE001 - a change can raise anything, even an exit
            code = _BROKEN if isinstance(error, SyntaxError | ValueError) else _CAUGHT
        finally:
            os._exit(code)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            _end_group(process)
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    _end_group(process)
    os.waitpid(process, 0)
    return None


def _end_group(process: int) -> None:
    """Ends what the tests of a forked process left running: its own group only."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def drawn(each: int, seed: int, only: str) -> Iterator[tuple[str, Mutation]]:
    """Yields the changes to try, of each package in turn."""
    by_package: list[list[tuple[str, Mutation]]] = []
    for package in PACKAGES:
        chance = random.Random(f"{seed} {package}")
        found = [
            (path, mutation)
            for path, mutation in every_change(only)
            if path.startswith(f"digest/{package}/")
            and not (
                mutation.kind.startswith(("string", "constant")) and chance.random() > _CONSTANTS
            )
        ]
        chance.shuffle(found)
        by_package.append(found[:each])
    for row in itertools.zip_longest(*by_package):
        yield from (item for item in row if item is not None)


def every_change(only: str) -> Iterator[tuple[str, Mutation]]:
    """Yields all changes inside functions of the files whose paths begin with a text."""
    for package in PACKAGES:
        for path in sorted((ROOT / "digest" / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name.startswith(only) and "/migrations/" not in name:
                for mutation in mutations_of(path.read_bytes()):
                    if mutation.function:
                        yield name, mutation


def table(trials: Sequence[Trial | Reported]) -> Iterator[str]:
    """Yields the shares of each package."""
    for package in PACKAGES:
        results = Counter(
            item.result for item in trials if item.path.startswith(f"digest/{package}/")
        )
        total = results.total()
        if total:
            share = 100 * results["caught"] / total
            yield (
                f"{package:9} {total:4} tried, {results['caught']:4} caught ({share:.1f} %),"
                f" {results['lived']} lived, {results['no test']} in functions without a test"
            )


def import_all() -> None:
    """Imports every module, as some are otherwise imported only when they are used."""
    import digest

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def main() -> None:
    """Try the changes and print what lived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the beginning of the paths to change")
    parser.add_argument(
        "--budget",
        type=float,
        default=4.0,
        help="seconds of tests for each change, as they took without a change",
    )
    parser.add_argument(
        "--again", type=Path, help="try only what lived in this report, with a larger budget"
    )
    parser.add_argument("--trace", type=Path, help="keep the record of the tests in this file")
    parser.add_argument(
        "--report", type=Path, help="write each trial to this file, and try none that is in it"
    )
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NO_COLOR="1")
    os.chdir(ROOT)
    import_all()
    files = [
        str(path)
        for folder in TESTS
        for path in sorted(
            [Path(folder)] if folder.endswith(".py") else Path(folder).rglob("test_*.py")
        )
        if not any(part in path.name for part in _TOO_SLOW)
    ]
    sys.exit(
        pytest.main(
            ["-q", "-n0", "-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider",
             "-m", "not postgres and not browser", *files],
            plugins=[Campaign(options)],
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
