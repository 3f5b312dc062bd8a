"""What a job has to say for itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run of a job, for the log."""

    done: str  # in a few words
    problems: tuple[str, ...] = ()  # a line each; somebody should mend them
