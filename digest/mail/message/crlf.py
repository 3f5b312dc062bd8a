"""Messages in the form in which they travel."""


class CrlfBytes(bytes):
    """A message whose lines all end in CRLF: no CR or LF stands alone.

    What makes such messages says so by this type, and sending need not look at every byte again:
    a bare one could end the letter where another server sees the final dot.
    """

    __slots__ = ()
