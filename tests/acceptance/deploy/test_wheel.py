"""What is shipped: the wheel, installed into a fresh environment, shows the demo."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from digest import __version__

# What the top of the source distribution may hold. The build adds PKG-INFO, and .gitignore too.
TOP = {
    ".env.example",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "RELEASING.md",
    "SECURITY.md",
    "benchmarks",
    "constraints.txt",
    "deploy",
    "digest",
    "docs",
    "jobs",
    "noxfile.py",
    "pyproject.toml",
    "templates",
    "tests",
    "tools",
    "zensical.toml",
}
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory, build_backend: Path) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(build_backend)},
    )
    return out


@pytest.fixture
def wheel(distributions: Path) -> Path:
    (built,) = distributions.glob("*.whl")
    return built


@pytest.mark.xdist_group("wheel")
def test_the_wheel_holds_templates_jobs_samples_starter_profiles_migrations_and_the_background_table(
    wheel: Path,
) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in [
        *(ROOT / "templates").rglob("*.*"),
        *(ROOT / "jobs").glob("*.py"),
        *(ROOT / "digest" / "demo").rglob("*.txt"),
        *(ROOT / "digest" / "config" / "profiles" / "starter_profiles").glob("*.toml"),
        *(ROOT / "digest" / "store" / "migrations").rglob("*.py"),
        *(ROOT / "digest" / "knowledge" / "arxiv").glob("*.*"),
    ]:
        if "__pycache__" in path.parts:  # compiled templates of the checkout
            continue
        name = path.relative_to(ROOT).as_posix()
        shipped = (
            name.replace("templates/", "digest/_templates/", 1) if name.startswith("t") else name
        )
        assert shipped in names
    assert {name.partition("/")[0] for name in names} == {
        "digest",
        "jobs",
        f"paper_digest-{__version__}.dist-info",
    }


@pytest.mark.xdist_group("wheel")
def test_the_source_distribution_holds_what_is_needed_and_nothing_else(distributions: Path) -> None:
    (built,) = distributions.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {name.partition("/")[0] for name in names} == TOP
    assert [name for name in names if "node_modules" in name or "__pycache__" in name] == []


@pytest.mark.xdist_group("wheel")
def test_the_installed_wheel_runs_the_demo_anywhere(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-deps",
        "--no-compile",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    # The dependencies of the tests' own environment: test_docker.py has those of the metadata only.
    (own,) = place.glob("lib/*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    found = "import digest, jobs; print(digest.__file__, jobs.__file__)"
    where = subprocess.run(
        [python, "-c", found], check=True, capture_output=True, text=True, cwd=tmp_path, env=environ
    )
    assert where.stdout.count(str(own)) == 2
    shown = subprocess.run(
        [str(place / "bin" / "digest"), "run", "--demo", "--home", str(tmp_path / "demo")],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environ,
    ).stdout
    assert "The second digest repeats nothing of the first." in shown
    assert len(list((tmp_path / "demo" / "received").glob("*.eml"))) == 2
    help_ = subprocess.run(
        [str(place / "bin" / "python"), "-m", "jobs", "--help"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environ,
    ).stdout
    assert "python -m jobs" in help_
