"""The files around the code agree with each other, and with the schemas of what reads them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML
from support.workflow_lint import actionlint, schema_errors

from digest import __version__

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "ci.yml"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")

in_repository = pytest.mark.skipif(
    not GITHUB.is_dir(), reason="the source distribution has no .github"
)


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def project() -> dict[str, Any]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: dict[str, Any] = document["project"]
    return found


def newest_release() -> tuple[str, str]:
    """The version and the date of the first dated section of the changelog."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = re.search(r"^## \[([\d.]+)\] - (\d{4}-\d{2}-\d{2})$", text, re.MULTILINE)
    assert found is not None, "CHANGELOG.md has no section like: ## [0.2.0] - 2026-11-28"
    return found[1], found[2]


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    compose = loaded(ROOT / "deploy" / "docker" / "compose.yml")
    assert {
        "pyproject.toml": project()["version"],
        "CITATION.cff": str(loaded(ROOT / "CITATION.cff")["version"]),
        "compose.yml": compose["services"]["digest"]["image"].rpartition(":")[2],
    } == dict.fromkeys(("pyproject.toml", "CITATION.cff", "compose.yml"), __version__)


def test_the_newest_section_of_the_changelog_is_this_version() -> None:
    released = str(loaded(ROOT / "CITATION.cff")["date-released"])
    assert newest_release() == (__version__, released)


def test_the_citation_follows_its_schema() -> None:
    assert schema_errors(ROOT / "CITATION.cff", "vendor.citation-file-format") == ""


def test_the_supported_versions_of_python_are_the_same_everywhere() -> None:
    named = re.findall(r"Python :: (3\.\d+)", " ".join(project()["classifiers"]))
    tested = re.search(r"^PYTHONS = \[(.*)\]$", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    assert tested is not None
    assert re.findall(r"3\.\d+", tested[1]) == named
    assert project()["requires-python"] == f">={named[0]}"
    if WORKFLOW.exists():
        assert loaded(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]["python"] == named


def test_each_requirement_is_pinned_in_the_constraints_to_a_version_that_it_allows() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    pinned = {canonicalize_name(name): pin for name, _, pin in (x.partition("==") for x in lines)}
    extras = project()["optional-dependencies"]
    wanted = [
        Requirement(text)
        for text in [*project()["dependencies"], *extras["dev"], *extras["docs"], *extras["test"]]
    ]
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        if name != "paper-digest":
            assert name in pinned
            assert requirement.specifier.contains(pinned[name]), requirement


@in_repository
def test_the_workflow_follows_githubs_schema_and_may_only_read() -> None:
    assert schema_errors(WORKFLOW, "vendor.github-workflows") == ""
    assert loaded(WORKFLOW)["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in loaded(WORKFLOW)["jobs"].values())


@in_repository
def test_every_job_has_a_time_limit() -> None:
    assert schema_errors(WORKFLOW, "custom.github-workflows-require-timeout") == ""


@in_repository
def test_actionlint_finds_no_mistake_in_the_workflow() -> None:
    assert actionlint(WORKFLOW) == ""


@in_repository
def test_the_workflow_runs_sessions_that_exist() -> None:
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    sessions = re.findall(r"^def (\w+)\(session", noxfile, re.MULTILINE)
    matrix = loaded(WORKFLOW)["jobs"]["check"]["strategy"]["matrix"]
    assert {*matrix["session"], "tests"} <= set(sessions)


@in_repository
def test_dependabots_settings_follow_its_schema_and_name_folders_that_exist() -> None:
    file = GITHUB / "dependabot.yml"
    assert schema_errors(file, "vendor.dependabot") == ""
    for update in loaded(file)["updates"]:
        for folder in update.get("directories", [update.get("directory")]):
            assert (ROOT / folder.strip("/")).is_dir()


@in_repository
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_an_issue_form_follows_githubs_schema(form: Path) -> None:
    assert schema_errors(form, "vendor.github-issue-forms") == ""


@in_repository
def test_the_settings_of_the_issue_forms_follow_githubs_schema() -> None:
    file = GITHUB / "ISSUE_TEMPLATE" / "config.yml"
    assert schema_errors(file, "vendor.github-issue-config") == ""


@in_repository
def test_each_pre_commit_hook_runs_a_program_of_the_environment() -> None:
    configuration = loaded(ROOT / ".pre-commit-config.yaml")
    assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
    for hook in configuration["repos"][0]["hooks"]:
        assert hook["language"] == "system"
