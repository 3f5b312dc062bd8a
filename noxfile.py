"""Developer tasks: `nox --list` shows them, `nox -s lint` runs one. See CONTRIBUTING.md.

Every session installs the versions of `constraints.txt`, so that a new release of a tool cannot
change a result.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests", "docs"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
OLDEST = PYTHONS[0]  # ruff and mypy check for the oldest version that is supported
CONSTRAINTS = "--constraint=constraints.txt"
SITE = Path("site")


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Check style, format and the other files; `-- --fix` repairs what ruff can repair."""
    session.install(CONSTRAINTS, "pre-commit", "pre-commit-hooks", "ruff")
    session.run("ruff", "check", *session.posargs)
    if "--fix" in session.posargs:
        session.run("ruff", "format")
    else:
        session.run("ruff", "format", "--check")
    session.run(
        "pre-commit",
        "run",
        "--all-files",
        env={
            "PRE_COMMIT_HOME": session.create_tmp(),  # nothing is left in the home folder
            "SKIP": "ruff-check,ruff-format",  # done above, without changing files
        },
    )


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """Check the types with mypy in strict mode."""
    session.install(CONSTRAINTS, "--editable=.[test]")
    session.run("mypy", "--strict", *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests; pass arguments to pytest after `--`, for example `-- -m "not slow"`."""
    session.install(CONSTRAINTS, "--editable=.[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """Build the documentation site into `site/html`; a warning is an error."""
    session.install(CONSTRAINTS, "--editable=.[docs]")
    shutil.rmtree(SITE, ignore_errors=True)
    session.run("python", "tools/docs_site.py", str(SITE))
    session.run("zensical", "build", "--strict", f"--config-file={SITE / 'zensical.toml'}")


@nox.session(python=OLDEST)
def translations(session: nox.Session) -> None:
    """Write new messages into the catalogues, and say which are not translated; `-- --check`: only say."""
    session.install(CONSTRAINTS, "--editable=.")
    session.run("python", "tools/translations.py", *session.posargs)


@nox.session(python=OLDEST)
def bench(session: nox.Session) -> None:
    """Run a benchmark by its name, for example `-- startup`; without a name, list them."""
    names = sorted(
        path.stem
        for path in Path("benchmarks").glob("*.py")
        if "__main__" in path.read_text("utf-8")
    )
    if not session.posargs:
        session.log(f"Benchmarks: {', '.join(names)}. Run one with: nox -s bench -- NAME")
        return
    name, *arguments = session.posargs
    if name not in names:
        session.error(f"no benchmark is called {name!r}; there are: {', '.join(names)}")
    session.install(CONSTRAINTS, "--editable=.[bench,test]")
    session.run("python", f"benchmarks/{name}.py", *arguments)
