"""Whether tests that repeat something do so as often as before a release, or only some times."""

import os

LONG = bool(os.environ.get("DIGEST_LONG_TESTS"))
