import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.regex_steps import *  # noqa: F403

from digest.core.background.abbreviations import MAX_LOOK_BACK, definitions
