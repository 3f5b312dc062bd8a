"""Whether tests that repeat something do so as often as before a release, or only some times."""

import os

from hypothesis import settings

LONG = bool(os.environ.get("DIGEST_LONG_TESTS"))

# For properties whose examples take a tenth of a second each, because they rank papers.
FEW_EXAMPLES = settings(max_examples=100 if LONG else 20)
