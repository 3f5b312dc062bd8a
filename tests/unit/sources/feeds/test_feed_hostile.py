"""Hostile feeds; docs/hostile-input.md has a table of them."""

import gc
import json
import threading
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from support.builders import NOW
from support.speed.feeds import parsed_in_this_process

from digest.core.models.batches import Batch
from digest.core.text.html_text import html_line, html_text
from digest.errors import InputError
from digest.sources import markup
from digest.sources.feeds import arxiv, arxiv_api, feed, json_feed

MB = 2**20
RSS = "<rss version='2.0'><channel><title>F</title>%s</channel></rss>"
LEVELS = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise("abcdefghij"))
BOMB = f"<!DOCTYPE r [<!ENTITY a 'ha'>{LEVELS}]>" + RSS % "<item><title>&j;</title></item>"
REPEATED = (
    f"<!DOCTYPE r [<!ENTITY a '{'x' * 50_000}'>]>"
    + RSS % f"<item><title>{'&a;' * 10_000}</title></item>"
)
EXTERNAL = (
    "<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    + RSS % "<item><title>&a;</title></item>"
)


def read(data: bytes | str) -> Batch:
    sent = data.encode() if isinstance(data, str) else data
    return feed.parse(sent, source="s", origin="f.xml", now=NOW)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize(
    "text",
    [BOMB, REPEATED, EXTERNAL, BOMB.replace("ENTITY", "entity")],
    ids=["nested", "repeated", "external", "lower case"],
)
@pytest.mark.parametrize("parser", [feed, arxiv, arxiv_api])
def test_entities_are_refused_in_every_encoding(text: str, encoding: str, parser: object) -> None:
    with pytest.raises(InputError, match=r"f\.xml:1: it declares entities"):
        parser.parse(text.encode(encoding), source="s", origin="f.xml", now=NOW)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "start, part, times, reason",
    [
        (b"<rss>", b"<a><b>", 1_000_000, "nested more than 1,000 levels deep"),
        (b"<rss>", b"<a/>", 1_000_000, "more than 250,000 elements"),
        (b"<rss>", b" ", 50 * MB, "too large: 52,428,805 bytes, where at most 8,388,608"),
        (b'{"items": [', b"[],", 2_000_000, "more than 1,000,000 values"),
        (b'{"items": [', b"9", 100_000, "a number too long"),
    ],
    ids=["nested", "many", "large", "json", "number"],
)
def test_deeply_nested_documents_are_refused_before_any_parser_runs(
    start: bytes, part: bytes, times: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "run_in_sandbox", lambda *_, **__: pytest.fail("a parser ran"))
    with pytest.raises(InputError, match=reason):
        read(start + part * times)


LIVE = """<item><title>A &lt;script>alert(1)&lt;/script> title &lt;img src=x onerror=alert(1)></title>
  <link>javascript:alert(1)</link><guid>data:text/html,x</guid>
  <dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Eve &lt;script>x&lt;/script>, Bob</dc:creator>
  <description>&lt;p>One&lt;/p>&lt;SCRIPT src="//evil">x&lt;/SCRIPT >&lt;style>p{}&lt;/style>
  &lt;img width="1" src="https://track.example/p.gif">&lt;a href="javascript:x">two&lt;/a>
  &lt;iframe src=x>in&lt;/iframe>&lt;svg/onload=x>&lt;script>unclosed</description></item>"""


def test_scripts_and_trackers_are_removed() -> None:
    (found,) = read(RSS % LIVE).papers
    assert found.title == "A title"
    assert found.abstract == "One\n\ntwo"
    assert found.authors == ("Eve", "Bob")
    assert found.links == ()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html;base64,x",
        "file:///etc/passwd",
        "ftp://a.org",
        "//a.org",
        "https://",
        'https://a.org/"onclick="x',
        "https://a.org/<script>",
        "https://user@a.org/",
        "https://a.org/\nb",
        "https://a.org/" + "x" * 3_000,
    ],
)
def test_only_plain_web_addresses_become_links(address: str) -> None:
    document = {"items": [{"title": "T", "url": address}]}
    batch = json_feed.parse(json.dumps(document).encode(), source="s", origin="x", now=NOW)
    assert batch.papers[0].links == ()


SMILE = "\U0001f600"
TWO_ITEMS = RSS % (
    "<item><title>One %s</title><guid isPermaLink='false'>g</guid></item><item><title>Two</title></item>"
)


@pytest.mark.parametrize(
    "written, shown",
    [
        ("&#55357;&#56832;", f"One {SMILE}"),
        ("&#xD83D;&#xDE00;", f"One {SMILE}"),
        ("&#xd83d;&#056832;", f"One {SMILE}"),
        ("&amp;#55357;&amp;#56832;", f"One {SMILE}"),
        ("<![CDATA[&#55357;&#56832;]]>", f"One {SMILE}"),
        ("&#55357;", "One \ufffd"),
        ("&#56832;&#55357;", "One \ufffd\ufffd"),
        ("&#0;", "One \ufffd"),
        ("&#27;&#xFFFE;", "One \ufffd\ufffd"),
        ("&#" + "9" * 5_000 + ";", "One \ufffd"),
        ("\x1b[2J\x07", "One [2J"),
        ("a\0b", "One ab"),
        ("a\x0cb", "One a b"),
    ],
)
def test_a_character_that_xml_refuses_costs_no_entry(written: str, shown: str) -> None:
    with parsed_in_this_process():
        batch = read((TWO_ITEMS % written).encode())
    assert [paper.title for paper in batch.papers] == [shown, "Two"]


ATOM_LISTING = """<feed xmlns="http://www.w3.org/2005/Atom">
 <entry><id>oai:arXiv.org:2605.00001v1</id><title>One %s</title><summary>x</summary></entry>
 <entry><id>oai:arXiv.org:2605.00002v1</id><title>Two</title><summary>x</summary></entry></feed>"""


@pytest.mark.parametrize("written", ["&#55357;&#56832;", "&#0;", "\x1b", "\0", "&#xFFFF;"])
@pytest.mark.parametrize("parser", [arxiv, arxiv_api])
def test_a_character_that_xml_refuses_costs_no_entry_of_arxiv(parser: object, written: str) -> None:
    document = (ATOM_LISTING % written).replace("oai:arXiv.org:", "http://arxiv.org/abs/")
    batch = parser.parse(document.encode(), source="s", origin="x", now=NOW)  # type: ignore[attr-defined]
    assert [paper.identifiers[0].value for paper in batch.papers] == ["2605.00001", "2605.00002"]


@pytest.mark.parametrize("hidden", ["<!EN\0TITY a 'x'>", "<!EN\x01TITY a 'x'>"])
def test_an_entity_that_a_control_character_hides_is_refused(hidden: str) -> None:
    with pytest.raises(InputError, match="it declares entities"):
        read(f"<!DOCTYPE r [{hidden}]>" + RSS % "<item><title>&a;</title></item>")


def test_one_wrong_byte_does_not_garble_the_other_entries() -> None:
    good = "<item><title>Größe über Überfluss</title></item>".encode()
    text = (RSS % "<item><title>A X</title></item>%s").encode()
    (bad, title) = read(text.replace(b"X", b"\xfc").replace(b"%s", good)).papers
    assert (bad.title, title.title) == ("A ü", "Größe über Überfluss")
    halves = SMILE.encode("utf-16-le")
    cesu = b"".join(
        chr(int.from_bytes(halves[at : at + 2], "little")).encode("utf-8", "surrogatepass")
        for at in (0, 2)
    )
    (joined, _) = read(text.replace(b"X", cesu).replace(b"%s", good)).papers
    assert joined.title == f"A {SMILE}"
    (latin,) = read((RSS % "<item><title>Größe über</title></item>").encode("cp1252")).papers
    assert latin.title == "Größe über"


def test_the_good_items_of_a_json_feed_are_kept_and_the_bad_parts_dropped_with_a_reason() -> None:
    items = [
        {"id": "a\0b", "title": "One", "url": "https://a.org/\x1b[2J"},
        {"id": "\ud800", "title": "Two \ud83d\ude00\ud83d", "url": "https://a.org/2"},
        {"id": "c", "title": "Three", "url": "https://a.org/3"},
    ]
    text = json.dumps({"items": items}).replace('"Three"', '"Th\x1bree\0"')
    batch = read(text)
    assert [
        (paper.title, [item.value for item in paper.identifiers], len(paper.links))
        for paper in batch.papers
    ] == [("One", [], 0), (f"Two {SMILE}", [], 1), ("Three", ["s:c"], 1)]
    assert [item.reason for item in batch.rejected] == [
        "entry 1: a link has control characters; it is dropped",
        "paper One: an identifier is too long or has control characters; it is dropped",
        f"paper Two {SMILE}: an identifier is too long or has control characters; it is dropped",
    ]


def test_the_reasons_of_a_feed_of_empty_items_are_bounded() -> None:
    batch = read(json.dumps({"items": [{}] * 6_000}))
    assert [item.reason for item in batch.rejected[-2:]] == [
        "4,900 more problems like these",
        "6,000 entries, of which the first 5,000 are read",
    ]
    assert len(batch.rejected) == 102


def test_characters_that_hide_or_reverse_text_are_removed() -> None:
    assert html_line("pay\u202e&#8238;\u200bpal\x07&#0;\ud800", limit=99) == "paypal\ufffd"


def test_angle_brackets_that_are_not_tags_stay() -> None:
    assert html_line("x<y and z>w, <think> a < b <3", limit=99) == "x<y and z>w, <think> a < b <3"


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<script>", "<a \"'>", "&#", "\n \n", "<p>"])
def test_broken_html_is_read_in_linear_time(piece: str) -> None:
    assert len(html_text(piece * 60_000, limit=50_000)) <= 50_000


HEAVY = {
    "text": lambda: (
        RSS % ("<item><title>t</title><description>%s</description></item>" % ("x " * 3_900_000))
    ),
    "entries": lambda: (
        RSS % ("<item><title>title</title><link>http://a.org/</link></item>" * 80_000)
    ),
    "attributes": lambda: (
        RSS
        % "".join(("<item ", *map(" a{}=''".format, range(500_000)), "><title>t</title></item>"))
    ),
    "wide": lambda: RSS % ("<item><title>\U0001f600%s</title></item>" % ("y" * 7_000_000)),
    "broken": lambda: "<rss><channel><item><title>" + "<p/>&bogus; <![x" * 240_000,
}


def resident() -> int:
    """Returns the bytes of memory that this process and its children use now."""
    total, own = 0, Path("/proc/self/cmdline").read_bytes()
    children = (task.read_text().split() for task in Path("/proc/self/task").glob("*/children"))
    for process in ("self", *(child for found in children for child in found)):
        with suppress(OSError):  # it has just ended
            if process != "self" and Path(f"/proc/{process}/cmdline").read_bytes() == own:
                continue  # just forked: it still shares our own pages
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096
    return total


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", HEAVY)
def test_the_heaviest_feeds_take_less_than_300_mb_in_all_processes(name: str) -> None:
    data = HEAVY[name]().encode()[: markup.MAX_BYTES]
    gc.collect()
    before = resident()
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcome = str(len(read(data).papers))
    except InputError as error:
        outcome = str(error)
    finally:
        done.set()
        watcher.join()
    print(f"{name}: {peak / MB:.0f} MB, {outcome}")
    assert 0 < peak < 240 * MB  # beside the 60 MB of a process that has imported all it needs
