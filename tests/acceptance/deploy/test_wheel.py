"""What is shipped: the wheel, installed into a fresh environment, shows the demo."""

import subprocess
import sys
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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
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


def test_the_source_distribution_holds_what_is_needed_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {name.partition("/")[0] for name in names} == TOP
    assert [name for name in names if "node_modules" in name or "__pycache__" in name] == []


@pytest.mark.xdist_group("wheel")
def test_the_installed_wheel_runs_the_demo_anywhere(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    shown = subprocess.run(
        [str(place / "bin" / "digest"), "run", "--demo", "--home", str(tmp_path / "demo")],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    assert "The second digest repeats nothing of the first." in shown
    assert len(list((tmp_path / "demo" / "received").glob("*.eml"))) == 2
    help_ = subprocess.run(
        [str(place / "bin" / "python"), "-m", "jobs", "--help"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    assert "python -m jobs" in help_
