"""The client: one method for each method of each resource of the HTTP API."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from digest.client.errors import ApiError
from digest.client.wire.common import ApiHealth, ApiList, ApiProblem, ApiTokenInfo
from digest.client.wire.operations import (
    ApiCreatedWebhook,
    ApiNewWebhook,
    ApiRequestedRun,
    ApiRun,
    ApiRunRequest,
    ApiWebhook,
    ApiWebhookList,
    EventName,
)
from digest.client.wire.papers import (
    ApiPaper,
    ApiPostedProfile,
    ApiPreview,
    ApiProfileCheck,
    ApiRankedPaper,
    ApiRanking,
    ApiRankRequest,
    ApiVolume,
    ApiVolumeRequest,
)
from digest.client.wire.subscriptions import (
    ApiChanged,
    ApiEdition,
    ApiEditionSummary,
    ApiFeedback,
    ApiFeedbackList,
    ApiNewSubscription,
    ApiPause,
    ApiProfileText,
    ApiSaidFeedback,
    ApiStarted,
    ApiStoredProfile,
    ApiSubscription,
)

M = TypeVar("M", bound=BaseModel)

_PATH = "/api/v1"


class DigestClient:
    """A connection to an installation; a context manager that closes it.

    Args:
        base_url: The address of the installation, as in DIGEST_BASE_URL.
        token: A token of `digest token create`.
        timeout: Seconds for one connect, read or write. Rankings may take some seconds.
        transport: Sends the requests; None: over the network.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url.rstrip("/") + _PATH,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def health(self) -> ApiHealth:
        """Returns whether the program is well."""
        return self._get(ApiHealth, "/health")

    def token(self) -> ApiTokenInfo:
        """Returns what the token allows."""
        return self._get(ApiTokenInfo, "/token")

    def papers(self) -> Iterator[ApiPaper]:
        """Yields all stored papers, newest first."""
        return self._all(ApiList[ApiPaper], "/papers")

    def find_papers(self, text: str) -> list[ApiPaper]:
        """Returns at most five papers: by id, identifier, or part of a title."""
        return self._get(ApiList[ApiPaper], "/papers", q=text).items

    def paper(self, paper_id: int) -> ApiPaper:
        """Returns a paper."""
        return self._get(ApiPaper, f"/papers/{paper_id}")

    def rank(self, profile: str, *, limit: int = 20) -> ApiRanking:
        """Ranks the newest papers with a profile, TOML."""
        body = ApiRankRequest(profile=profile, limit=limit)
        return self._post(ApiRanking, "/papers/rank", body)

    def explain(self, paper_id: int, profile: str) -> ApiRankedPaper:
        """Explains the score of a paper for a profile, TOML."""
        body = ApiPostedProfile(profile=profile)
        return self._post(ApiRankedPaper, f"/papers/{paper_id}/explain", body)

    def check_profile(self, profile: str) -> ApiProfileCheck:
        """Finds mistakes in a profile, TOML, and tells what its keywords found in 30 days."""
        body = ApiPostedProfile(profile=profile)
        return self._post(ApiProfileCheck, "/profiles/check", body)

    def preview_profile(self, profile: str) -> ApiPreview:
        """Returns what a profile, TOML, would have brought in the last week."""
        return self._post(ApiPreview, "/profiles/preview", ApiPostedProfile(profile=profile))

    def profile_volume(self, profile: str, *, days: int = 14) -> ApiVolume:
        """Returns how many papers a day a profile, TOML, would have brought."""
        body = ApiVolumeRequest(profile=profile, days=days)
        return self._post(ApiVolume, "/profiles/volume", body)

    def subscriptions(
        self, *, email: str | None = None, reader: int | None = None, ended: bool = False
    ) -> Iterator[ApiSubscription]:
        """Yields subscriptions, oldest first.

        Args:
            email: Only those of this address.
            reader: Only those of the address with this number.
            ended: Also those that have ended.
        """
        return self._all(
            ApiList[ApiSubscription],
            "/subscriptions",
            email=email,
            reader=reader,
            ended=ended or None,
        )

    def subscription(self, subscription_id: int) -> ApiSubscription:
        """Returns a subscription."""
        return self._get(ApiSubscription, f"/subscriptions/{subscription_id}")

    def subscribe(
        self,
        email: str,
        profile: str,
        *,
        consent: str,
        name: str = "digest",
        key: str | None = None,
    ) -> ApiStarted:
        """Starts a subscription.

        Args:
            email: The address.
            profile: The profile, TOML.
            consent: How and when the reader agreed, with one date.
            name: What the digest is called.
            key: An Idempotency-Key: with the same one, this is done once.
        """
        body = ApiNewSubscription(email=email, profile=profile, consent=consent, name=name)
        return self._post(ApiStarted, "/subscriptions", body, key=key)

    def profile(self, subscription_id: int) -> tuple[str, str]:
        """Returns the profile of a subscription, TOML, and its ETag for `change_profile`."""
        answer = self._send("GET", f"/subscriptions/{subscription_id}/profile")
        return _read(ApiStoredProfile, answer).profile, answer.headers["ETag"]

    def change_profile(self, subscription_id: int, profile: str, *, etag: str) -> str:
        """Gives a subscription another profile; returns the new ETag.

        Args:
            subscription_id: The subscription.
            profile: The profile, TOML.
            etag: Of the profile that was read; `*` replaces any.

        Raises:
            ApiError: With the status 412, if it was changed meanwhile; or with another one.
        """
        answer = self._send(
            "PUT",
            f"/subscriptions/{subscription_id}/profile",
            body=ApiProfileText(profile=profile),
            headers={"If-Match": etag},
        )
        return str(answer.headers["ETag"])

    def pause(self, subscription_id: int, *, until: datetime | None = None) -> ApiChanged:
        """Pauses a subscription, until a moment or until it is resumed."""
        path = f"/subscriptions/{subscription_id}/pause"
        return self._post(ApiChanged, path, ApiPause(until=until))

    def resume(self, subscription_id: int) -> ApiChanged:
        """Resumes a subscription."""
        return self._post(ApiChanged, f"/subscriptions/{subscription_id}/resume")

    def stop(self, subscription_id: int) -> ApiChanged:
        """Ends a subscription."""
        return self._post(ApiChanged, f"/subscriptions/{subscription_id}/stop")

    def feedback(self, subscription_id: int) -> list[ApiFeedback]:
        """Returns what a reader said about papers, newest first."""
        return self._get(ApiFeedbackList, f"/subscriptions/{subscription_id}/feedback").items

    def say_feedback(self, subscription_id: int, paper_id: int, kind: str) -> None:
        """Says for a reader what a paper is worth: `more`, `less` or `saved`."""
        body = ApiSaidFeedback.model_validate({"kind": kind})
        self._send("PUT", f"/subscriptions/{subscription_id}/feedback/{paper_id}", body=body)

    def forget_feedback(self, subscription_id: int, paper_id: int) -> None:
        """Takes back what was said about a paper."""
        self._send("DELETE", f"/subscriptions/{subscription_id}/feedback/{paper_id}")

    def editions(self, *, subscription: int | None = None) -> Iterator[ApiEditionSummary]:
        """Yields digests, newest first; only those of a subscription, if one is named."""
        return self._all(ApiList[ApiEditionSummary], "/editions", subscription=subscription)

    def edition(self, edition_id: int) -> ApiEdition:
        """Returns a digest with its papers."""
        return self._get(ApiEdition, f"/editions/{edition_id}")

    def edition_html(self, edition_id: int) -> str:
        """Returns the HTML of a digest."""
        return self._send("GET", f"/editions/{edition_id}/html").text

    def edition_text(self, edition_id: int) -> str:
        """Returns the plain text of a digest."""
        return self._send("GET", f"/editions/{edition_id}/text").text

    def runs(self, *, job: str | None = None) -> Iterator[ApiRun]:
        """Yields runs of jobs, newest first; only those of a job, if one is named."""
        return self._all(ApiList[ApiRun], "/runs", job=job)

    def request_run(self, job: str) -> ApiRequestedRun:
        """Asks the scheduler to run a job as soon as possible."""
        return self._post(ApiRequestedRun, "/runs", ApiRunRequest(job=job))

    def webhooks(self) -> list[ApiWebhook]:
        """Returns all webhooks."""
        return self._get(ApiWebhookList, "/webhooks").items

    def webhook(self, webhook_id: int) -> ApiWebhook:
        """Returns a webhook."""
        return self._get(ApiWebhook, f"/webhooks/{webhook_id}")

    def add_webhook(self, url: str, events: Sequence[EventName]) -> ApiCreatedWebhook:
        """Adds a webhook; the answer has its secret."""
        body = ApiNewWebhook(url=url, events=list(events))
        return self._post(ApiCreatedWebhook, "/webhooks", body)

    def resume_webhook(self, webhook_id: int) -> ApiWebhook:
        """Switches a webhook on again."""
        return self._post(ApiWebhook, f"/webhooks/{webhook_id}/resume")

    def remove_webhook(self, webhook_id: int) -> None:
        """Removes a webhook."""
        self._send("DELETE", f"/webhooks/{webhook_id}")

    def _get(self, kind: type[M], path: str, **query: Any) -> M:
        return _read(kind, self._send("GET", path, query=query))

    def _post(
        self, kind: type[M], path: str, body: BaseModel | None = None, *, key: str | None = None
    ) -> M:
        headers = {} if key is None else {"Idempotency-Key": key}
        return _read(kind, self._send("POST", path, body=body, headers=headers))

    def _all(self, kind: type[ApiList[M]], path: str, **query: Any) -> Iterator[M]:
        cursor: str | None = None
        while True:
            page = self._get(kind, path, cursor=cursor, **query)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        content = None if body is None else body.model_dump_json().encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        given = {name: value for name, value in (query or {}).items() if value is not None}
        answer = self._http.request(
            method, path, content=content, params=given, headers={**kind, **(headers or {})}
        )
        if not answer.is_success:
            raise _error(answer)
        return answer


def _read(kind: type[M], answer: httpx.Response) -> M:
    return kind.model_validate_json(answer.content)


def _error(answer: httpx.Response) -> ApiError:
    wait = answer.headers.get("Retry-After", "")
    seconds = float(wait) if wait.isascii() and wait.isdigit() else None
    try:
        problem = ApiProblem.model_validate_json(answer.content)
    except ValidationError:
        # A proxy, or another program, answered.
        problem = ApiProblem(
            type="about:blank",
            title=answer.reason_phrase,
            status=answer.status_code,
            detail="The answer is none of the API; check the address.",
        )
    return ApiError(problem, retry_after=seconds)
