"""What all answers of the HTTP API have in common: pages of lists, and problems."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

MAX_ID = 2**53 - 1
"""The largest id: larger numbers are not exact in every program that reads JSON."""

Number = Annotated[int, Field(ge=1, le=MAX_ID)]


class ApiModel(BaseModel):
    """The base of all models: frozen, and without unknown fields in requests."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiAnswer(BaseModel):
    """The base of all answers: a client accepts fields that a newer server adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ApiList(ApiAnswer, Generic[T]):
    """A page of a list."""

    items: list[T] = Field(description="The entries of this page.")
    next: str | None = Field(
        description="The `cursor` of the next page; null: this is the last one."
    )


class ApiFieldProblem(ApiAnswer):
    """A problem with one part of a request."""

    where: str = Field(description="The part of the request, such as `body.email`.")
    problem: str = Field(description="What is wrong with it. The value itself is never repeated.")
    line: int | None = Field(None, description="The line of a profile, counted from 1.")
    column: int | None = Field(None, description="The column in that line, counted from 1.")


class ApiProblem(ApiAnswer):
    """Why a request failed (RFC 9457, `application/problem+json`)."""

    type: str = Field(
        description="Names the kind of problem: `about:blank`, as the status says it."
    )
    title: str = Field(description="The words of the status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong, and what to do. It names no reader.")
    errors: list[ApiFieldProblem] = Field(
        default_factory=list, description="The parts of the request that are wrong, if it is known."
    )


class ApiHealth(ApiAnswer):
    """Whether the program is well."""

    status: str = Field(description="`ok`, or what is wrong.")
    version: str = Field(description="The version of the program.")


class ApiTokenInfo(ApiAnswer):
    """The token that was used."""

    name: str = Field(description="What the operator calls it.")
    scopes: list[str] = Field(description="What it allows.")
    expires_at: str | None = Field(
        description="From when on it is not valid; null: it stays valid."
    )
    requests: int = Field(description="How many requests it may send in a minute.")
