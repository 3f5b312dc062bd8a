"""Detects the format of a file by its content and parses it."""

from datetime import datetime
from importlib import import_module

from digest.core.models.batches import Batch

# Result of `detect_format` -> the module with the parser. Imported on demand, because most
# runs need none or one of them. Those in _UNDATED need the modification time of the file.
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
    """Detects the format of a file and parses it into a batch.

    Args:
        data: The content of the file.
        source: The name of the source.
        origin: The name of the file, for the batch and for error messages.
        modified: The modification time of the file, to infer the year of a page without one.
        now: The current time.

    Raises:
        InputError: The format is unknown, or the file does not conform to it.
    """
    # Imported here: most runs find no new file.
    from digest.core.batch_limits import within_limits
    from digest.sources.detect_format import detect_format

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
    return within_limits(batch)
