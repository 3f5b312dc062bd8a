"""Prepares the documentation site from pages that are written for GitHub.

    python tools/docs_site.py FOLDER

Writes `FOLDER/pages` and `FOLDER/zensical.toml`, from which zensical builds the site. The pages in
`docs/` stay as they are; the copies differ from them in four ways:

* The navigation is read from `docs/index.md`, so it is written once.
* Links from a page to a file outside `docs/` (the README, a settings example) lead to a copy of
  that file on the site.
* The comments that tell the tests how to run an example are removed.
* Lists are indented by four spaces a level. CommonMark accepts two or three; Python-Markdown,
  which zensical uses, would end the list there.
"""

import json
import posixpath
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = "zensical.toml"
STYLE = Path(__file__).with_suffix(".css")
DOCS = "docs"
COPIES = "project"  # the site's folder for files from outside docs/

_FENCE = re.compile(r" *(`{3,}|~{3,})")
_TEST_COMMENT = re.compile(r" *<!-- test: .* -->")
_LINK = re.compile(r"`[^`]+`|(?P<label>!?\[(?P<text>[^\]]*)\])\((?P<target>[^)\s]+)\)")
_ENTRY = re.compile(
    r"^## +(?:[^:\n]+: +)?(?P<heading>.+)$"
    r"|^\*\*(?P<subject>.+?)\*\*"
    r"|\]\((?P<page>(?!\.\.|\w+:)[^)#\s]+\.md)(?:#[^)]*)?\)",
    re.MULTILINE,
)
_MARKER = re.compile(r" *(?:[-*+]|\d{1,9}[.)]) {0,4}")

Entries: TypeAlias = "list[str | dict[str, Entries]]"


def main(arguments: list[str]) -> int:
    """Writes the folder; returns 2 for wrong usage, and 1 if the map leaves out a page."""
    if len(arguments) != 1:
        sys.stderr.write(f"usage: {Path(__file__).name} FOLDER\n")
        return 2
    missing = prepare(Path(arguments[0]))
    for page in missing:
        sys.stderr.write(f"docs/{page}: no link in docs/index.md leads to this page\n")
    return 1 if missing else 0


def prepare(folder: Path) -> list[str]:
    """Writes the pages and the configuration.

    Returns:
        The pages that the map does not link to.
    """
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(ROOT / DOCS, pages)
    shutil.copyfile(STYLE, pages / "style.css")
    own = sorted(path.relative_to(pages).as_posix() for path in pages.rglob("*.md"))
    ahead = [f"{DOCS}/{page}" for page in own]
    seen: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name in seen or not (ROOT / name).is_file():
            continue
        seen.add(name)
        copy = pages / site_name(name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".md"):
            text = (ROOT / name).read_text("utf-8")
            ahead.extend(linked(name, text))
            copy.write_text(adapted(text, name), "utf-8")
        else:
            shutil.copyfile(ROOT / name, copy)
    entries: Entries = ["index.md", *navigation((ROOT / DOCS / "index.md").read_text("utf-8"))]
    configuration = (ROOT / CONFIGURATION).read_text("utf-8")
    (folder / CONFIGURATION).write_text(
        configuration.replace("[project]\n", f"[project]\nnav = {_toml(entries)}\n", 1), "utf-8"
    )
    in_navigation = set(_pages(entries))
    return [page for page in own if page not in in_navigation]


def adapted(text: str, name: str) -> str:
    """The page as the site's Markdown wants it.

    Args:
        text: The page's Markdown.
        name: Its path from the repository's root.
    """
    return indented(with_site_links(without_test_comments(text), name))


def navigation(index: str) -> Entries:
    """The navigation that the map describes.

    A heading of the second level is a section, a line that begins in bold is a section inside it,
    and each link to a page is an entry, titled by the page itself. A page appears once, where it
    is linked first.
    """
    top: Entries = []
    entries = top
    section = top
    seen: set[str] = set()
    for found in _ENTRY.finditer(index):
        if found["heading"]:
            entries = section = []
            top.append({_capital(found["heading"]): section})
        elif found["subject"]:
            entries = []
            section.append({found["subject"]: entries})
        elif found["page"] not in seen:
            seen.add(found["page"])
            entries.append(found["page"])
    return _without_empty(top)


def linked(name: str, text: str) -> list[str]:
    """The repository's files that a page links to.

    Args:
        name: The page's path from the repository's root.
        text: Its Markdown.
    """
    found: list[str] = []

    def note(link: re.Match[str]) -> str:
        if target := _target(name, link["target"]):
            found.append(target)
        return link[0]

    _outside_code(text, note)
    return found


def with_site_links(text: str, name: str) -> str:
    """The page with links that hold on the site.

    Args:
        text: The page's Markdown.
        name: Its path from the repository's root.
    """
    here = posixpath.dirname(site_name(name))

    def turn(link: re.Match[str]) -> str:
        target = _target(name, link["target"])
        if target is None:
            return link[0]
        if (ROOT / target).is_dir():
            return link["text"]  # a site has no listing of a folder
        if name.startswith(f"{DOCS}/") and target.startswith(f"{DOCS}/"):
            return link[0]
        anchor = link["target"].partition("#")[1:]
        return f"{link['label']}({posixpath.relpath(site_name(target), here)}{''.join(anchor)})"

    return _outside_code(text, turn)


def site_name(name: str) -> str:
    """Where a file of the repository is on the site."""
    if name.startswith(f"{DOCS}/"):
        return name.removeprefix(f"{DOCS}/")
    if name.endswith((".md", ".png", ".svg")):
        return f"{COPIES}/{name}"
    # A browser shows a .txt file, and saves one of a type it does not know.
    return f"{COPIES}/{name.lstrip('.')}.txt"


def without_test_comments(text: str) -> str:
    """The page without the comments that tell the tests how to run an example."""
    return "\n".join(
        line for line, code in _lines(text) if code or not _TEST_COMMENT.fullmatch(line)
    )


def indented(text: str) -> str:
    """The page with what belongs to a list item indented by four spaces a level."""
    lines = text.split("\n")
    width = [0] * len(lines)  # columns that the list takes of each line
    depth = [0] * len(lines)
    first = set()
    after_paragraph = set()
    level = 0
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "list_item_open" and token.map is not None:
            level += 1
            start, end = token.map
            marker = _MARKER.match(lines[start])
            first.add(start)
            depth[start:end] = [level] * (end - start)
            width[start:end] = [marker.end() if marker else 0] * (end - start)
        elif token.type == "list_item_close":
            level -= 1
        elif token.type.endswith("list_open") and token.map is not None and level == 0:
            after_paragraph.add(token.map[0])
    made: list[str] = []
    for number, line in enumerate(lines):
        if number in after_paragraph and made and made[-1].strip():
            made.append("")
        if not depth[number] or not line.strip():
            made.append(line)
        elif number in first:
            made.append("    " * (depth[number] - 1) + line.lstrip(" "))
        else:
            spaces = len(line) - len(line.lstrip(" "))
            made.append("    " * depth[number] + line[min(spaces, width[number]) :])
    return "\n".join(made)


def _target(name: str, link: str | None) -> str | None:
    """The path from the repository's root of what a link means; None if it is not a file there."""
    path = (link or "").partition("#")[0]
    if not path or re.match(r"[a-z]+:", path):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    return target if (ROOT / target).exists() else None


def _outside_code(text: str, turn: Callable[[re.Match[str]], str]) -> str:
    def turned(found: re.Match[str]) -> str:
        return found[0] if found["target"] is None else turn(found)

    parts = groupby(_lines(text), key=lambda line: line[1])
    joined = ((code, "\n".join(line for line, _ in lines)) for code, lines in parts)
    return "\n".join(part if code else _LINK.sub(turned, part) for code, part in joined)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a block between fences."""
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            yield line, True
            if line.strip() == fence:
                fence = ""
        else:
            if mark:
                fence = mark[1]
            yield line, bool(mark)


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def _without_empty(entries: Entries) -> Entries:
    kept: Entries = []
    for entry in entries:
        if isinstance(entry, str):
            kept.append(entry)
        else:
            filled = {title: _without_empty(inside) for title, inside in entry.items()}
            kept += [filled] if all(filled.values()) else []
    return kept


def _pages(entries: Entries) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for inside in entry.values():
                yield from _pages(inside)


def _toml(entries: Entries) -> str:
    """The entries as a TOML array."""
    parts = [
        json.dumps(entry)
        if isinstance(entry, str)
        else f"{{{', '.join(f'{json.dumps(title)} = {_toml(i)}' for title, i in entry.items())}}}"
        for entry in entries
    ]
    return f"[{', '.join(parts)}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
