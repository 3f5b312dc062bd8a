import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import InputError
from digest.sources.detect_format import HEAD_BYTES, detect_format

HEADER = "Daily Papers\n\nbyAK and the research community\n\nMay 5\n\n"
DUMP = HEADER + "A First Paper\n\nIt says one thing.\n\nA Second\n\nIt says another.\n"
PAPER = {"paper": {"id": "2605.01234", "title": "T"}}
ATOM = '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>'

FORMATS = {
    "dump": [DUMP, "\ufeff" + DUMP, DUMP.replace("\n", "\r\n"), HEADER, HEADER + "A Title"],
    "bare-lines": [
        HEADER + "One\nTwo\nThree\nFour\n",
        HEADER + "One\n\nTwo\n\nThree\n\nFour",
        HEADER + "One\nIt says.\n\nTwo\nIt says more.\n",
        HEADER + "A Title of a Paper\nIts blurb.\n\n" * 1000,
    ],
    "markdown": [
        "Title: Daily Papers\n\n### [T](https://huggingface.co/papers/2605.01234)\n",
        "[![a](b)](c)\n\n### [T](https://huggingface.co/papers/2605.01234)\n",
        HEADER + "## [T\nwrapped](/papers/2605.01234)\n",
    ],
    "huggingface": [
        "[]",
        json.dumps([PAPER]),
        json.dumps([PAPER], indent=4),
        json.dumps([repr(PAPER)], indent=4),
        json.dumps({"status": "success", "date": "2026-05-11", "count": 1, "data": [PAPER]}),
        json.dumps([{"title": "outer", **PAPER}]),
        '{"error": "Invalid date"}',
    ],
    "jsonl": [
        '{"title": "A"}\n{"title": "B"}\n',
        '{"abstract": "' + "a" * HEAD_BYTES + '", "title": "A"}',
        '{"title": "A\n',
    ],
    "json-feed": [json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": []})],
    "feed": [
        ATOM,
        '<rss version="2.0">',
        "<feed>",
        "<rdf:RDF>",
        "<!-- made by hand --><rss>",
        "  \n" + ATOM,
    ],
    "arxiv": [
        ATOM + "<id>http://rss.arxiv.org/atom/cs.AI</id>",
        "<rss><channel><link>http://rss.arxiv.org/rss/cs.AI</link>",
    ],
    "arxiv-api": [ATOM + "<id>http://arxiv.org/api/x</id>"],
}


@pytest.mark.parametrize(
    "kind, text", [(kind, text) for kind, texts in FORMATS.items() for text in texts]
)
def test_a_file_is_recognised_by_how_it_begins(kind: str, text: str) -> None:
    assert detect_format(text.encode()) == kind


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_feed_in_wide_characters_is_a_feed(encoding: str) -> None:
    assert detect_format(ATOM.encode(encoding)) == "feed"


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "the file is empty"),
        (b"\x89PNG\0\0", "binary data"),
        (b"<!DOCTYPE html><html>", "HTML or XML"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html>', "HTML or XML"),
        ("Prüfung\n".encode("latin-1"), "not UTF-8"),
        ("Daily Papers".encode("utf-16"), "UTF-16"),
        (b"Dear reader,\n\nhello.", "not a dump of a Daily Papers page"),
        (b"Daily Papers\n\nA Title\n", "the page's date"),
        (b"20241118", "a list of papers was expected, but the file contains"),
        (b"null\n", "a list of papers was expected, but the file contains"),
        (b'["a", "b"]', "a JSON list, but not a response"),
        (b'[{"title": "A"}]', "a JSON list, but not a response"),
        (b'{\n  "title": "A"\n}', "a JSON object over several lines"),
    ],
)
def test_an_unknown_format_is_refused_with_a_helpful_reason(data: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        detect_format(data)
    assert caught.value.reason.startswith(reason)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=100)
    | st.lists(st.sampled_from(["{", "[", '"paper": {', "<?xml ", "\n", "x", HEADER]), max_size=8)
    .map("".join)
    .map(str.encode)
)
def test_any_bytes_have_a_format_or_a_reason(data: bytes) -> None:
    answer = format_or_reason(data)
    assert answer in FORMATS or (answer and "\n" not in answer)


def format_or_reason(data: bytes) -> str:
    try:
        return detect_format(data)
    except InputError as error:
        return str(error)


def test_recognising_a_dump_imports_neither_the_feed_parser_nor_the_http_client() -> None:
    program = (
        "import sys; from digest.sources.detect_format import detect_format;"
        f"assert detect_format({DUMP.encode()!r}) == 'dump';"
        "print([name for name in ('feedparser', 'httpx', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
