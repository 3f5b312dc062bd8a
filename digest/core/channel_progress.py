"""How far a digest has come that is several messages of a channel.

It is written after each message, so that a retry goes on with the next one. It names the messages by
a hash: if they or their target changed meanwhile, all of them are sent again.
"""

from collections.abc import Sequence
from hashlib import sha256


def messages_hash(target: str, parts: Sequence[bytes]) -> str:
    """Returns a hash of the messages of a digest and of where they go."""
    whole = sha256(target.encode("utf-8", "surrogatepass"))
    for part in parts:
        whole.update(b"%d\n" % len(part))
        whole.update(part)
    return whole.hexdigest()[:32]


def taken(progress: str, *, of: str) -> int:
    """Returns how many of the messages were taken.

    Args:
        progress: from `progress_text`; may be empty.
        of: the hash of the messages.
    """
    known, _, count = progress.partition(":")
    return int(count) if known == of and count.isdecimal() else 0


def progress_text(count: int, *, of: str) -> str:
    """Returns what is stored.

    Args:
        count: how many messages were taken.
        of: the hash of the messages.
    """
    return f"{of}:{count}"
