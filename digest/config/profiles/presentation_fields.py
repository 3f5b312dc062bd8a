"""Defines the keys of a profile file that say how the message looks, whatever its papers."""

from typing import Any

from pydantic import Field

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
