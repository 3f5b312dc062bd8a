"""A file of any format that is known here: recognised by its content, then parsed."""

from datetime import datetime
from importlib import import_module

from digest.core.models.batches import Batch
from digest.sources.detect_format import detect_format

# What `recognise` says -> the module that parses it, imported when it is needed.
_UNDATED = {
    "dump": "daily_papers.text_dump",
    "markdown": "daily_papers.markdown_dump",
    "bare-lines": "daily_papers.title_list",
}
_DATED = {
    "huggingface": "daily_papers.api_json",
    "json-feed": "feeds.json_feed",
    "feed": "feeds.feed",
    "arxiv": "feeds.arxiv",
    "arxiv-api": "feeds.arxiv_api",
}


def parse(data: bytes, *, source: str, origin: str, modified: datetime, now: datetime) -> Batch:
    """The papers of a file.

    Args:
        data: its bytes.
        source: the source's name.
        origin: the file, as messages should call it.
        modified: its time, from which a page without a year is dated.
        now: the moment of the look.

    Raises:
        InputError: it is of no known format, or it breaks the rules of its own.
    """
    kind = detect_format(data)
    if kind in _UNDATED:
        module = import_module(f"digest.sources.{_UNDATED[kind]}")
        batch: Batch = module.parse(data, source=source, origin=origin, modified=modified, now=now)
    elif kind == "jsonl":
        from digest.sources import jsonl

        batch = jsonl.parse_batch(data, source=source, origin=origin, now=now)
    else:
        module = import_module(f"digest.sources.{_DATED[kind]}")
        batch = module.parse(data, source=source, origin=origin, now=now)
    return batch
