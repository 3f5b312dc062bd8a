"""Files of many small parts: each format is parsed in a process with little memory."""

import subprocess
import sys

import pytest
from support.speed.long_tests import LONG

_MB = 2**20
_FILE = 32 * _MB  # the longest file that is read
_MEMORY = 400 * _MB  # address space; an idle process with these imports has 100 MB

_CHILD = f"""
import resource, sys
from datetime import UTC, datetime
from digest.errors import InputError
from digest.sources import parse_file
from digest.sources.daily_papers import api_json, markdown_dump, text_dump, title_list
from digest.sources.feeds import arxiv, arxiv_api, feed, json_feed
from digest.sources.library import parse as library

start, part, end, parser = map(eval, sys.argv[1:])
data = start + part * ((({_FILE} - len(start) - len(end))) // len(part)) + end
resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY}, {_MEMORY}))
now = datetime(2026, 5, 12, tzinfo=UTC)
try:
    if parser is library:
        papers, rejected = parser.parse(data, origin="x")
    else:
        batch = parser.parse(data, source="s", origin="x", modified=now, now=now)
        papers, rejected = batch.papers, batch.rejected
    assert len(papers) <= 50_000, len(papers)
    assert sum(len(item.reason) for item in rejected) < 100_000
    print(len(papers), "papers,", len(rejected), "reasons:", rejected[-1].reason if rejected else "")
except InputError as error:
    print("refused:", error)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(peak, "MB at most")
"""

_DUMP = b"Daily Papers\nbyAK and the research community\nMay 5\n\n"
_CASES: dict[str, tuple[bytes, bytes, bytes, str]] = {
    "daily papers, empty items": (b'[{"paper": {}},', b"{},", b"{}]", "parse_file"),
    "daily papers, numbers": (b'[{"paper": {}},', b"1,", b"1]", "parse_file"),
    "daily papers, texts": (b'[{"paper": {}},', b'"%s",' % (b"(" * 60), b'""]', "parse_file"),
    "json lines, empty objects": (b"", b"{}\n", b"", "parse_file"),
    "json lines, short papers": (b"", b'{"title":"a"}\n', b"", "parse_file"),
    "json lines, one line": (b'{"title":"a","keywords":[', b'"a",', b'""]}', "parse_file"),
    "json lines, empty lines": (b'{"title":"a"}', b"\n", b"", "parse_file"),
    "json feed, empty items": (
        b'{"version":"https://jsonfeed.org/version/1","items":[', b"{},", b"{}]}", "parse_file"
    ),
    "dump, empty lines": (_DUMP, b"\n", b"", "parse_file"),
    "dump, short lines": (_DUMP, b"a\n\n", b"", "parse_file"),
    "dump, short papers": (_DUMP, b"Title\n\n%s.\n\n" % (b"a" * 140), b"", "parse_file"),
    "dump, one block": (_DUMP, b"%s\n" % (b"a" * 40), b"", "parse_file"),
    "dump, one line": (_DUMP, b"a ", b"", "parse_file"),
    "titles": (_DUMP, b"A title of %s\n" % (b"a" * 40), b"", "parse_file"),
    "dump, credits alone": (_DUMP, b"\xe2\x80\xa2 1 author%s\n\n" % (b"s" * 80), b"", "parse_file"),
    "markdown, headings": (b"### [a](b)\n", b"# [", b"", "parse_file"),
    "markdown, paragraphs": (
        b"# [T](/papers/2605.00001)\n\n", b"%s\n\n" % (b"seven words " * 8), b"", "parse_file"
    ),
    "markdown, papers": (b"", b"# [%s](/papers/2605.00001)\n" % (b"T" * 80), b"", "parse_file"),
    "feed": (b"<rss><channel>", b"<item/>", b"</channel></rss>", "parse_file"),
    "bibtex, papers": (b"", b"@a{b,title=%s}\n" % (b"c" * 9), b"", "library"),
    "bibtex, entries without a title": (b"@a{b,title=c}\n", b"@a{b,name=title}\n", b"", "library"),
    "bibtex, fields": (b"@a{b,title=c,", b"a=b,c=d,title=e,", b"}", "library"),
    "bibtex, joined values": (b"@a{b,title=c", b"#c", b"}", "library"),
    "ris, papers": (b"", b"TY  - A\nTI  - %s\nER  - \n" % (b"T" * 60), b"", "library"),
    "ris, keywords": (b"TY  - A\nTI  - T\n", b"KW  - abcdefghijk\n", b"ER  - \n", "library"),
    "ris, records without a title": (b"TY  - A\nTI  - T\n", b"TY  - abcdefghij\n", b"ER  - \n", "library"),
    "csl json": (b'[{"title":"a"},', b"{},", b"{}]", "library"),
}  # fmt: skip


# Each case takes two seconds of CPU. DIGEST_LONG_TESTS=1 runs all of them.
_CHOSEN = [*_CASES] if LONG else [*_CASES][::3]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
@pytest.mark.parametrize("name", _CHOSEN)
def test_a_file_of_32_mb_is_read_or_refused_with_little_memory(name: str) -> None:
    start, part, end, parser = _CASES[name]
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, *map(repr, (start, part, end)), parser],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert child.returncode == 0, child.stderr[-2_000:]
    print(name, child.stdout)
