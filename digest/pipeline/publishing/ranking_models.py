"""What ranks papers beside the profile, as the settings choose it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingModels:
    """The models of one home."""

    background: Path | None = None  # the folder of the operator's own table; None: the packaged one


PACKAGED_ONLY = RankingModels()
"""What ranks where no setting says otherwise."""
