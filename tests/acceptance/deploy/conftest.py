"""What builds the package, for the tests that install it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def build_backend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH; an environment of its own for each build takes longer than it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        requires = tomllib.load(file)["build-system"]["requires"]
    folder = tmp_path_factory.mktemp("backend")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile"]
    subprocess.run([*pip, "--target", str(folder), *requires], check=True, capture_output=True)
    return folder
