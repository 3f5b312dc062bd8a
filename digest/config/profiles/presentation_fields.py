"""Defines the keys of a profile file that say what the message is like, whatever its papers."""

from typing import Any

from pydantic import Field

WHEN_EMPTY: Any = Field(
    default="skip",
    description="On a day without a matching paper: skip the digest, or send one that says so.",
    examples=["skip"],
)
DETAIL: Any = Field(
    default="short",
    description=(
        "How much of each paper is shown: titles alone; a sentence for the best papers; or some"
        " sentences for every paper."
    ),
    examples=["short"],
)
ATTACH: Any = Field(
    default="none",
    description="Attach the papers of each digest as a file for a reference manager.",
    examples=["bibtex"],
)
PICTURES: Any = Field(
    default=True,
    description="Show the picture of the first paper, if the theme has pictures.",
    examples=[True],
)
