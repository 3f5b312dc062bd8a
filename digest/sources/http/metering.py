"""Counts the requests to a service, so that several sources and processes share its daily budget."""

from collections.abc import Mapping
from typing import Protocol


class RequestMeter(Protocol):
    """Counts the requests with one credential."""

    def take(self) -> None:
        """Counts a request that is about to be sent.

        Raises:
            FetchRefused: The budget of the day is used up.
        """

    def note(self, headers: Mapping[str, str]) -> None:
        """Keeps what the service says about its budget.

        Args:
            headers: Of a response, with their names in any case.
        """
