"""An HTTP client whose requests are counted."""

from digest.sources.http.client import Client
from digest.sources.http.metering import RequestMeter
from digest.sources.http.responses import FetchedResponse, NotModified, Validators


class MeteredClient:
    """An HTTP client whose requests are counted.

    Args:
        client: Sends the requests.
        meter: Counts them.
    """

    def __init__(self, client: Client, meter: RequestMeter) -> None:
        self._client, self._meter = client, meter

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        total: float | None = None,
        key: tuple[str, str] | None = None,
    ) -> FetchedResponse | NotModified:
        """Fetches a document; see `digest.sources.http.client.Client.get`.

        Raises:
            FetchError: There is no usable response, or the budget of the day is used up.
        """
        return self._client.get(
            url,
            accept=accept,
            validators=validators,
            trusted=trusted,
            min_interval=min_interval,
            max_decoded=max_decoded,
            total=total,
            key=key,
            meter=self._meter,
        )
