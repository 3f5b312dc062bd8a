"""What a day costs a program that serves one reader after the other with the usual libraries.

    python -m benchmarks.common.naive_program HOME READERS [--further N] [--port PORT]

For each reader: the profile by tomllib, one tantivy query of stemmed phrases, one Jinja2 template
for the HTML part and one for the text part, `EmailMessage`, and a row in SQLite, committed before
the message goes out. With a port the messages go to an SMTP server by smtplib over one connection;
without one their bytes are counted. With --further, so many more papers that the query found are named
by their titles, as the product names them. HOME is one of `generated_home`. Prints seconds of processor
time for the index and for all readers, and the bytes, as JSON.
"""

import argparse
import csv
import json
import re
import smtplib
import sqlite3
import tempfile
import time
import tomllib
from email.message import EmailMessage
from email.policy import SMTP
from itertools import islice
from pathlib import Path
from typing import Any

import tantivy
from jinja2 import Environment, Template

from benchmarks.common.generated_home import PAPERS_FILE, READERS_FILE

MAX_PAPERS = 18
_WORD = re.compile(r"\w+")
_HTML = """<!doctype html><html><head><title>{{ subject }}</title></head><body style="margin:0">
<h1 style="font:700 28px/1.2 Georgia,serif">Paper Digest</h1><p>{{ subject }}</p>
{% for paper in papers %}<div style="margin:16px 0 0;border-top:1px solid #dfe3e4;text-align:left">
<h3 style="margin:18px 0 0;font-family:Charter,Iowan Old Style,Georgia,Cambria,serif;font-size:21px;
line-height:1.3;font-weight:700"><a href="{{ paper.url }}" style="text-decoration:none">
{{ paper.title }}</a></h3><p style="margin:6px 0 0;font-size:14px;line-height:1.5;color:#5f686c">
{{ paper.authors[:3] | join(", ") }}<br>{{ paper.published }} {{ paper.votes }} votes</p>
<p style="margin:10px 0 0;color:#3b4447">{{ paper.abstract[:360] }}</p>
<p style="margin:10px 0 0;font-size:14px;line-height:1.5;color:#5f686c">Found by your words:
{{ words | join(", ") }}</p><p>{% for rel, url in paper.links.items() %}
<a href="{{ url }}" style="display:inline-block;padding:12px 0;font-weight:600;
text-decoration:none;color:#0b5c73">{{ rel }}</a>&emsp;{% endfor %}</p></div>{% endfor %}
{% for paper in further %}<p style="margin:6px 0 0;text-align:left"><a href="{{ paper.url }}"
style="text-decoration:none;color:#17191c">{{ paper.title }}</a></p>{% endfor %}
<p>This is Paper Digest for {{ name }}. <a href="{{ leave }}">Unsubscribe</a></p></body></html>"""
_TEXT = """{{ subject }}
{% for paper in papers %}
{{ loop.index }}. {{ paper.title }}
{{ paper.authors[:3] | join(", ") }}
{{ paper.published }} {{ paper.votes }} votes
{{ paper.abstract[:360] }}
Found by your words: {{ words | join(", ") }}
{% for rel, url in paper.links.items() %}{{ rel }}: {{ url }}
{% endfor %}{% endfor %}{% for paper in further %}
{{ paper.title }}
{{ paper.url }}
{% endfor %}
This is Paper Digest for {{ name }}. {{ leave }}
"""


def read_papers(home: Path) -> list[dict[str, Any]]:
    """The papers of the home, each with an address."""
    lines = (home / PAPERS_FILE).read_text(encoding="utf-8").splitlines()
    papers = [json.loads(line) for line in lines]
    for paper in papers:
        paper["url"] = paper["links"].get("abstract") or "https://example.org"
    return papers


def make_index(papers: list[dict[str, Any]]) -> tantivy.Index:
    """The papers' titles and abstracts, stemmed."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("number", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for number, paper in enumerate(papers):
        text = f"{paper['title']}\n{paper['abstract']}"
        writer.add_document(tantivy.Document(text=text, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


class NaiveProgram:
    """Writes the messages.

    Args:
        papers: the papers of the day.
        database: a new SQLite file.
        port: of an SMTP server on this machine; None: the messages are counted only.
        further: how many more papers are named by their titles.
    """

    def __init__(
        self, papers: list[dict[str, Any]], database: Path, port: int | None, further: int
    ) -> None:
        self._further = further
        self._papers = papers
        self._index = make_index(papers)
        self._searcher = self._index.searcher()
        self._html: Template = Environment(autoescape=True).from_string(_HTML)
        self._text: Template = Environment().from_string(_TEXT)
        self._rows = sqlite3.connect(database)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("CREATE TABLE sent (number INTEGER PRIMARY KEY, email, papers)")
        self._smtp = smtplib.SMTP("127.0.0.1", port) if port else None
        self.bytes = 0

    def serve(self, number: int, profile: str) -> None:
        """Writes and sends the message of one reader."""
        tables = tomllib.loads(profile)
        phrases = [
            '"' + " ".join(_WORD.findall(keyword)) + '"'
            for topic in tables["topics"]
            for keyword in topic["keywords"]
        ]
        query = self._index.parse_query(" ".join(phrases), ["text"])
        found = self._searcher.search(query, MAX_PAPERS + self._further).hits
        named = [self._searcher.doc(place)["number"][0] for _, place in found]
        papers = [self._papers[paper] for paper in named]
        values = {
            "papers": papers[:MAX_PAPERS],
            "further": papers[MAX_PAPERS:],
            "words": [keyword for topic in tables["topics"] for keyword in topic["keywords"]][:3],
            "name": tables["name"],
            "subject": f"Paper Digest: {len(papers[:MAX_PAPERS])} papers",
            "leave": f"https://digest.example.org/u/{number}",
        }
        message = EmailMessage()
        message["From"] = "Paper Digest <digest@example.org>"
        message["To"] = tables["email"]
        message["Subject"] = values["subject"]
        message["Message-ID"] = f"<{number}@example.org>"
        message["List-Unsubscribe"] = f"<{values['leave']}>"
        message.set_content(self._text.render(values))
        message.add_alternative(self._html.render(values), subtype="html")
        row = (number, tables["email"], json.dumps(named))
        self._rows.execute("INSERT INTO sent VALUES (?, ?, ?)", row)
        self._rows.commit()
        if self._smtp:
            self._smtp.send_message(message)
        else:
            self.bytes += len(message.as_bytes(policy=SMTP))


def main() -> None:
    """Serves the first readers of the home."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("readers", type=int)
    parser.add_argument("--further", type=int, default=0)
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    home, readers = given.home, given.readers
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        program = NaiveProgram(
            read_papers(home), Path(folder) / "sent.db", given.port, given.further
        )
        indexed = time.process_time()
        with (home / READERS_FILE).open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(islice(csv.DictReader(file), readers)):
                program.serve(number, (home / row["profile"]).read_text(encoding="utf-8"))
    taken = {"index": indexed - began, "readers": time.process_time() - indexed}
    print(json.dumps(taken | {"bytes": program.bytes}))


if __name__ == "__main__":
    main()
