"""The page about the starter profiles has a row for each, and the row is that of its file."""

import re

from support.documentation.blocks import ROOT

from digest.config.profiles.gallery import StarterProfile, starter_profiles
from digest.config.profiles.loader import parse

PAGE = ROOT / "docs" / "starter-profiles.md"


def row(starter: StarterProfile) -> str:
    profile = parse(starter.text, file=starter.name).profile
    sources = re.search(r"^# Sources that fit: (.+)\.$", starter.text, re.MULTILINE)
    assert sources, starter.name
    topics = ", ".join(topic.name.lower() for topic in profile.topics)
    return f"| `{starter.name}` | {starter.description} | {topics} | {sources[1]} |"


def test_the_page_has_a_row_for_each_starter_profile_and_no_other() -> None:
    shown = re.findall(r"^\| `.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert shown == [row(starter) for starter in starter_profiles()]
