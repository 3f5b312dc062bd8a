"""Which tests a worker of pytest-xdist gets together, and in which order.

`--dist loadgroup` gives each test alone to whichever worker is free. The tests of a module then make
its fixtures in each worker, and each message about a test looks through all earlier ones.
"""

from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler.loadgroup import LoadGroupScheduling  # type: ignore[import-untyped]


class ModuleScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Gives a worker all tests in a browser, which it starts once, and else those of a module."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return _BROWSER if _needs_browser(self.config.rootpath / module) else module


_BROWSER = "browser"


@cache
def _needs_browser(module: Path) -> bool:
    """Whether the tests of a module are marked so.

    The process that schedules does not import them. By pytest-xdist 3.8, a test names its
    `xdist_group` in its id, where pytest 9.2 does not let it.
    """
    return "\npytestmark = IN_CHROMIUM\n" in module.read_text("utf-8")


def put_long_ones_first(items: list[pytest.Item]) -> None:
    """Orders the tests so that at the end, no worker has a long one while the others have none.

    Args:
        items: The collected tests, with their markers.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("xdist_group") is None,
            item.get_closest_marker("slow") is None,
        )
    )
