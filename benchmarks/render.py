"""How fast messages are rendered and built, beside a Jinja2 template and EmailMessage per reader.

    python benchmarks/render.py [READERS] [FOLDER]

FOLDER holds days of the Daily Papers API as JSON; without it, $DIGEST_REAL_DATA/hf_daily or
../shared/data/hf_daily beside the checkout. Each reader has 20 papers of a day's 60, matched by
keywords of their own, and gets a message with an HTML and a text part. Sentences are chosen
when an edition is published, so for both before. Processor time, one core, one run:

    ours       the product: what messages share is kept encoded and joined
    template   per reader, the same templates with nothing kept, and `EmailMessage`; the same
               HTML and text, which is checked
    bare       per reader, one Jinja2 template over finished strings, and `EmailMessage`

Last seen: see benchmarks/README.md.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

from jinja2 import Environment

from benchmarks.parts.mail_sizes import folder, papers
from digest.core.editions.excerpts import with_excerpts
from digest.core.editions.shown import ShownEdition, shown_edition
from digest.core.keywords.parser import parse
from digest.core.models.editions import Candidate, Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Profile, Topic
from digest.core.signup.reader_links import FeedbackUrls
from digest.mail.message import mime
from digest.mail.rendering.message_view import FooterLinks, MessageView, build_view
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.mail.rendering.wording import Wording
from digest.mail.theming.template_files import template_folder

READERS = 10_000
KEY = b"k" * 32
PAPERS = 20
OF = 60
SLOW = 100  # messages by the templates, which take long
NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
WORDS = [
    "large language model",
    "reasoning",
    "reinforcement learning",
    "diffusion",
    "video generation",
    "agent",
    "benchmark",
    "multimodal",
    "retrieval",
    "fine-tuning",
    "attention",
    "transformer",
    "alignment",
    "code",
    "image",
    "vision-language",
    "dataset",
    "inference",
    "training",
    "generation",
]
BARE = """<!doctype html><html><head><title>{{ v.subject }}</title></head><body style="margin:0">
<div style="display:none">{{ v.preheader }}</div><h1 style="font:700 28px/1.2 Georgia,serif">
{{ v.date }}</h1><p>{{ v.count }}</p>{% for s in v.shelves %}<h2>{{ s.heading }}</h2>
{% for c in s.cards %}<div style="margin:16px 0 0;border-top:1px solid #dfe3e4;text-align:left">
<h3 style="margin:18px 0 0;font-family:Charter,Iowan Old Style,Georgia,Cambria,serif;font-size:21px;
line-height:1.3;font-weight:700"><a href="{{ c.paper.href }}" style="text-decoration:none">
{{ c.paper.title }}</a></h3><p style="margin:6px 0 0;font-size:14px;line-height:1.5;color:#5f686c">
{{ c.paper.authors }}<br>{{ c.paper.facts }}</p><p style="margin:10px 0 0;color:#3b4447">
{{ c.excerpt }}</p><p style="margin:10px 0 0;font-size:14px;line-height:1.5;color:#5f686c">
{{ c.why }}</p><p>{% for l in c.paper.links %}<a href="{{ l.url }}" style="display:inline-block;
padding:12px 0;font-weight:600;text-decoration:none;color:#0b5c73">{{ l.label }}</a>&emsp;
{% endfor %}</p></div>{% endfor %}{% endfor %}<p>{{ v.summary }} {{ v.why }}
<a href="{{ v.ways.unsubscribe }}">Unsubscribe</a></p></body></html>"""
BARE_TEXT = """{{ v.date }}\n{{ v.count }}\n{% for s in v.shelves %}\n{{ s.heading }}\n
{% for c in s.cards %}{{ c.number }}. {{ c.paper.title }}\n{{ c.paper.authors }}
{{ c.paper.facts }}\n{{ c.excerpt }}\n{{ c.why }}\n{% for l in c.paper.links %}{{ l.label }}:
{{ l.url }}\n{% endfor %}\n{% endfor %}{% endfor %}{{ v.summary }}\n{{ v.ways.unsubscribe }}"""


def main() -> None:
    """Print the figures."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    del sys.argv[1:2]
    shown = list(islice(papers(folder()), OF))
    candidates = [
        Candidate(
            paper_id=n, revision_id=n, seq=n, kind=AnnouncementKind.NEW, source="hf", paper=one
        )
        for n, one in enumerate(shown)
    ]
    # As the ledger's editions are unpacked for their messages.
    editions = [
        shown_edition(edition(candidates, random.Random(n))) for n in range(min(readers, 1000))
    ]

    keeping, plain = Renderer(keep=1000), Renderer()
    for number in range(SLOW):
        assert same(rendered(keeping, editions, number), rendered(plain, editions, number))
    ours = cpu(lambda n: built(rendered(keeping, editions, n), n), 1000)
    early = memory()
    ours = min(ours, cpu(lambda n: built(rendered(keeping, editions, n), n), readers))
    late = memory()
    template = cpu(lambda n: composed(rendered(plain, editions, n), n), SLOW)

    jinja = Environment(autoescape=True)
    html, text = jinja.from_string(BARE), Environment().from_string(BARE_TEXT)
    words = Wording.read([template_folder()])
    views = [seen(one, words, number) for number, one in enumerate(editions[:SLOW])]

    def bare(number: int) -> bytes:
        one = views[number % SLOW]
        return message(one.subject, html.render(v=one), text.render(v=one), number)

    simple = cpu(bare, SLOW)
    sizes = [len(built(rendered(keeping, editions, n), n)) for n in range(SLOW)]
    print(
        f"{readers:,} readers, {PAPERS} papers each of a day's {OF}; {sum(sizes) // SLOW:,} bytes"
    )
    print(f"  ours      {1e3 * ours:8.3f} ms a message, {1 / ours:,.0f} a second")
    print(f"  template  {1e3 * template:8.3f} ms, x {template / ours:.1f}   wanted: at least 50")
    print(f"  bare      {1e3 * simple:8.3f} ms, x {simple / ours:.1f}")
    print(f"  memory    {early:.0f} MB after 1,000 messages, {late:.0f} MB after all")


def edition(candidates: list[Candidate], chance: random.Random) -> Edition:
    """What one reader gets."""
    keywords = chance.sample(WORDS, 6)
    entries = [
        EditionEntry(
            candidate=one,
            score=chance.uniform(20, 99),
            matches=tuple(
                KeywordMatch(keyword=word, field="abstract", contribution=chance.uniform(1, 40))
                for word in chance.sample(keywords, chance.randint(1, 3))
            ),
        )
        for one in chance.sample(candidates, PAPERS)
    ]
    topic = Topic(name="Topic", keywords=tuple(map(parse, keywords)))
    made = Edition(
        local_date=date(2026, 6, 1),
        sections=tuple(
            Section(topic=f"Topic {part}", entries=tuple(entries[part::3])) for part in range(3)
        ),
        considered=214,
        matched=PAPERS,
    )
    return with_excerpts(made, Profile(topics=(topic,)))


def rendered(renderer: Renderer, editions: list[ShownEdition], number: int) -> RenderedContent:
    """The message of a reader."""
    return renderer.render(
        editions[number % len(editions)],
        list_name="Paper Digest",
        reader_name=f"Reader {number}",
        unsubscribe=f"https://digest.example.org/u/{number:032x}",
        profile_name=None,
        ask="digest@example.org",
        feedback=FeedbackUrls("https://digest.example.org", number, at=NOW, secret=KEY).of,
    )


def same(one: RenderedContent, other: RenderedContent) -> bool:
    """Whether both messages say the same."""
    return (one.subject, one.html, one.text) == (other.subject, other.html, other.text)


def built(content: RenderedContent, number: int) -> bytes:
    """The message, as it is sent."""
    return mime.build_message(
        sender="Paper Digest <digest@example.org>",
        to=f"reader{number}@example.org",
        subject=content.subject,
        html=content.html_part,
        text=content.text_part,
        message_id=f"<1.{number}@example.org>",
        date=NOW,
        list_id="Paper Digest <digest.example.org>",
        headers={},
    )


def composed(content: RenderedContent, number: int) -> bytes:
    """The message by Python's `email`."""
    return message(content.subject, content.html, content.text, number)


def message(subject: str, html: str, text: str, number: int) -> bytes:
    """A message by Python's `email`."""
    made = EmailMessage()
    made["From"] = "Paper Digest <digest@example.org>"
    made["To"] = f"reader{number}@example.org"
    made["Subject"] = subject
    made["Message-ID"] = f"<1.{number}@example.org>"
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    return made.as_bytes()


def seen(one: ShownEdition, words: Wording, number: int) -> MessageView:
    """The finished strings of a message."""
    return build_view(
        one,
        words,
        list_name="Paper Digest",
        reader_name=f"Reader {number}",
        ways=FooterLinks(unsubscribe=f"https://digest.example.org/u/{number:032x}"),
    )


def cpu(work: Callable[[int], bytes], count: int) -> float:
    """Seconds of the processor for one."""
    start = time.process_time()
    for number in range(count):
        work(number)
    return (time.process_time() - start) / count


def memory() -> float:
    """Megabytes of the process now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
