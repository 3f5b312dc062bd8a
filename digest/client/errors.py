"""Why a request of the client failed."""

from digest.client.wire.common import ApiProblem


class ApiError(Exception):
    """The server refused a request, or gave an answer that is none of the API.

    Args:
        problem: What it said.
        retry_after: Seconds that it asks to wait; None: it does not say.
    """

    def __init__(self, problem: ApiProblem, *, retry_after: float | None = None) -> None:
        self.problem = problem
        self.retry_after = retry_after
        places = "; ".join(f"{item.where}: {item.problem}" for item in problem.errors)
        super().__init__(f"{problem.status} {problem.detail}" + (f" ({places})" if places else ""))

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status
