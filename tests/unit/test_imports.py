"""The import rule: downward only, no circle, and every third-party package has one home.

Only the records of msgspec are everywhere.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

# One worker runs these tests, so each module is parsed once.
pytestmark = pytest.mark.xdist_group("imports")

ROOT = Path(__file__).resolve().parents[2]

# A package may import itself and packages of a lower rank; those of equal rank never each other.
RANK = {
    "address_spellings": 0,
    "errors": 0,
    "garbage_collection": 0,
    "late_patterns": 0,
    "library_variables": 0,
    "printable": 0,
    "checked_network": 0,
    "client": 1,
    "core": 1,
    "imap": 1,
    "logs": 1,
    "languages": 2,
    "config": 3,
    "sources": 3,
    "store": 3,
    "mail": 3,
    "knowledge": 3,
    "channels": 3,
    "pipeline": 4,
    "app": 5,
    "api": 6,
    "doctor": 6,
    "web": 6,
    "demo": 6,
    "workers": 6,
    "scheduler": 7,
    "jobs": 8,
    "cli": 9,
}
HOMES = {
    "feedparser": ("digest/sources/",),
    "httpx": (
        "digest/client/http_client.py",
        "digest/sources/http/client.py",
        "digest/sources/http/headers.py",
        "digest/sources/http/post.py",
        "digest/sources/library/zotero_api.py",
        "digest/knowledge/rerank_endpoint.py",
    ),
    "httpcore": (
        "digest/sources/http/client.py",
        "digest/sources/http/network_backend.py",
        "digest/channels/http_exchange.py",
        "digest/sources/http/post.py",
        "digest/checked_network.py",
    ),
    "apprise": ("digest/channels/kinds/apprise_services.py",),
    "babel": ("digest/languages/catalogue.py",),
    "jinja2": ("digest/mail/", "digest/web/"),
    "mjml": ("digest/mail/",),
    "sqlalchemy": ("digest/store/",),
    "alembic": ("digest/store/",),
    "smtplib": (
        "digest/mail/transports/smtp_connect.py",
        "digest/mail/transports/smtp_connection.py",
        "digest/mail/transports/smtp_probe.py",
    ),
    "idna": ("digest/core/subscribers/email_addresses.py",),
    "cryptography": ("digest/mail/authentication/dkim_keys.py",),
    "dns": ("digest/mail/authentication/dns_resolver.py",),
    "imaplib": ("digest/imap/folder.py",),
    "apscheduler": ("digest/scheduler/triggers.py",),
    "tzlocal": ("digest/scheduler/scheduler.py",),
    "cronsim": ("digest/core/schedule/crontab.py",),
    "starlette": ("digest/web/",),
    "uvicorn": ("digest/web/",),
    "anyio": ("digest/web/",),
    "procrastinate": ("digest/workers/",),
    "click": ("digest/cli/",),
    "rich": ("digest/cli/",),
    "PIL": ("digest/mail/figures/scaling.py",),
    "playwright": ("digest/cli/papers/screenshots.py",),
    "aiosmtpd": ("digest/demo/",),
    "onnxruntime": ("digest/knowledge/sentence_encoder.py",),
    "tokenizers": ("digest/knowledge/sentence_encoder.py",),
    "dotenv": ("digest/config/",),
    "pydantic": ("digest/client/", "digest/web/api/"),
    "fastapi": ("digest/web/api/",),
    "prometheus_client": ("digest/web/",),
}
FORBIDDEN_IN_CORE = {
    "os",
    "io",
    "pathlib",
    "sqlite3",
    "socket",
    "random",
    "secrets",
    "time",
    "logging",
}

MODULES = sorted(
    path
    for folder in ("digest", "jobs")
    for path in (ROOT / folder).rglob("*.py")
    if "_templates" not in path.parts
)


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8")))


@cache
def imports(path: Path) -> Sequence[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module))
            # `from digest import errors` names a package too
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def package(name: str) -> str | None:
    parts = name.split(".")
    if parts[0] == "jobs":
        return "jobs"
    if parts[0] == "digest" and len(parts) > 1 and parts[1] in RANK:
        return parts[1]
    return None


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_a_module_imports_only_downward() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in MODULES
        if (own := package(module_name(path))) is not None
        for line, name in imports(path)
        if (other := package(name)) is not None and other != own and RANK[other] >= RANK[own]
    ]
    assert not wrong


def test_a_third_party_package_is_used_in_its_home_alone() -> None:
    wrong = [
        f"{where}:{line} imports {name}"
        for path in MODULES
        if (where := path.relative_to(ROOT).as_posix())
        for line, name in imports(path)
        if (homes := HOMES.get(name.split(".")[0])) and not where.startswith(homes)
    ]
    assert not wrong


# What defines records, and says what their fields are
_RECORDS = (".Meta", ".NODEFAULT", ".Struct", ".field", ".structs")


def test_msgspec_decodes_only_what_is_stored() -> None:
    # It is imported everywhere for records, but reports only the first error of what people write.
    decoding = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        for _, name in imports(path)
        if name.split(".")[0] == "msgspec"
        and name not in {f"msgspec{part}" for part in ("", *_RECORDS)}
        and not name.startswith("msgspec.structs.")
    }
    decoding |= {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node).startswith(("msgspec.json.", "msgspec.convert"))
    }
    assert decoding == {
        "digest/store/database/column_types.py",
        "digest/store/editions/shown_editions.py",
    }


def test_the_core_touches_no_file_clock_or_chance() -> None:
    core = [path for path in MODULES if "core" in path.relative_to(ROOT).parts]
    assert core
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in core
        for line, name in imports(path)
        if name.split(".")[0] in FORBIDDEN_IN_CORE
    ]
    wrong += [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {called}"
        for path in core
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (called := ast.unparse(node.func))
        in {"open", "datetime.now", "date.today", "datetime.utcnow"}
    ]
    assert not wrong


def module_graph() -> Mapping[str, set[str]]:
    """Each module with those it imports anywhere: at the top, in functions, for types alone."""
    names = {module_name(path).removesuffix(".__init__"): path for path in MODULES}
    return {
        name: {
            found
            for _, imported in imports(path)
            if (found := _module_of(imported, names)) is not None and found != name
        }
        for name, path in names.items()
    }


def _module_of(imported: str, names: Mapping[str, Path]) -> str | None:
    """The module of ours that an import names: itself, or the one that defines the symbol."""
    if imported in names:
        # A package that is named on the way to its module holds nothing but a docstring.
        return None if names[imported].name == "__init__.py" else imported
    parent = imported.rpartition(".")[0]
    return parent if parent in names else None


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(module_graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
