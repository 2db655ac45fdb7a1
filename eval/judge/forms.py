"""What a judge fills in: RAGAs' outputs, with the numbers that are allowed and as many verdicts as were asked for.

RAGAs takes any number for a verdict and any count of verdicts, and so gives a judge that leaves the false statements
out a better score. What a judge says twice counts once: a small one may repeat a claim until it is stopped. Lengths
stand in the schema alone: they keep a small model from writing without end, and a reply by a server that does not heed
them is no worse for it.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, create_model

MOST, LONG, SHORT = 20, 300, 120
Yes = Literal[0, 1]
Long = Annotated[str, Field(json_schema_extra={"maxLength": LONG})]
Short = Annotated[str, Field(json_schema_extra={"maxLength": SHORT})]
Once = Annotated[list[str], AfterValidator(lambda texts: list(dict.fromkeys(texts)))]


class StatementVerdict(BaseModel):
    statement: Long
    reason: Short
    verdict: Yes


class Attribution(BaseModel):
    statement: Long
    reason: Short
    attributed: Yes


class Statements(BaseModel):
    statements: Once = Field(min_length=1, json_schema_extra={"maxItems": MOST})


class Claims(BaseModel):
    claims: Once = Field(min_length=1, json_schema_extra={"maxItems": MOST})


class Attributions(BaseModel):
    classifications: list[Attribution] = Field(min_length=1, json_schema_extra={"maxItems": MOST})


class Usefulness(BaseModel):
    reason: Short
    verdict: Yes


class Rating(BaseModel):
    rating: Literal[0, 1, 2]


class Relevance(BaseModel):
    question: str = Field(min_length=1, json_schema_extra={"maxLength": LONG})
    noncommittal: Yes


# By the name of RAGAs' class of the same fields; its verdicts on statements are `verdicts(n)`.
FORMS: dict[str, type[BaseModel]] = {
    "StatementGeneratorOutput": Statements,
    "ClaimDecompositionOutput": Claims,
    "ContextRecallOutput": Attributions,
    "ContextPrecisionOutput": Usefulness,
    "ResponseGroundednessOutput": Rating,
    "AnswerRelevanceOutput": Relevance,
}
VERDICTS = "NLIStatementOutput"


def verdicts(n: int) -> type[BaseModel]:
    """Return the form for the verdicts on n statements."""
    return create_model(
        "Verdicts", statements=(Annotated[list[StatementVerdict], Field(min_length=n, max_length=n)], ...)
    )


def count(form: BaseModel) -> int | None:
    """Return how many statements or claims a form has brought, to be judged next; None for the other forms."""
    match form:
        case Statements():
            return len(form.statements)
        case Claims():
            return len(form.claims)
    return None
