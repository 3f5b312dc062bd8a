"""What the load of a machine must not decide: whether a test passes."""

from httpx._config import DEFAULT_TIMEOUT_CONFIG

SECONDS = 120.0  # for an answer on this machine


def wait_long_for_answers() -> None:
    """Gives a server 120 seconds, not 5, where a request says nothing about its timeout."""
    for phase in ("connect", "read", "write", "pool"):
        setattr(DEFAULT_TIMEOUT_CONFIG, phase, SECONDS)
