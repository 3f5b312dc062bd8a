"""A type for messages with the line ends that SMTP needs."""


class CrlfBytes(bytes):
    """A message in which every line ends in CRLF, without a bare CR or LF.

    Some servers end a message at a dot after a bare CR or LF, so a transport replaces those.
    This type tells it that the message has none, and saves a search through all bytes.
    """

    __slots__ = ()
