"""Which tests a worker of pytest-xdist gets together, and in which order.

`--dist loadgroup` gives each test alone to whichever worker is free. The tests of a module then make
its fixtures in each worker, and each message about a test looks through all earlier ones.
"""

import pytest
from xdist.scheduler.loadgroup import LoadGroupScheduling  # type: ignore[import-untyped]


class ModuleScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Gives a worker the tests of an `xdist_group`, or else those of a module."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return group if group != nodeid else nodeid.partition("::")[0]


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
