"""The pump that asks: unknown sends and missing receipts are looked up in the provider's own records."""

from __future__ import annotations

from siyu.kernel.failpoints import failpoint
from siyu.messaging.providers.base import ProviderError, SendDetail
from siyu.messaging.queries.accounts import provider_for
from siyu.messaging.services import answers
from siyu.messaging.services.answers import Question


def ask_once() -> int:
    """Looks up the messages that are due; returns how many."""
    questions = answers.take_questions()
    for question in questions:
        failpoint("messaging.ask.before_query")
        try:
            detail = _ask(question)
        except ProviderError as error:
            answers.record_no_answer(question, str(error.data["reason"]))
        else:
            failpoint("messaging.ask.answered")
            answers.record_answer(question, detail)
    return len(questions)


def _ask(question: Question) -> SendDetail | None:
    provider = provider_for(question.provider)
    for day in question.days:
        detail = provider.query(phone_e164=question.phone_e164, day=day, out_id=question.out_id)
        if detail is not None:
            return detail
    return None
