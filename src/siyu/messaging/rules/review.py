"""What reviewers, carriers and the law refuse in a marketing text, found before anybody registers or sends it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from siyu.messaging.contracts import BadText, Problem
from siyu.messaging.providers.base import MAX_SMS_CHARS, full_text, sms_chars
from siyu.messaging.rules.templates import PROVIDER_VARIABLE
from siyu.messaging.rules.texts import ADDRESS, VARIABLES, Slot, Text, parse, render

# The only opt-out wording that Aliyun and Tencent take, and it must come last.
OPT_OUT_TEXT = "拒收请回复R"


def check(source: str, *, sign_name: str, link_base: str, has_target: bool) -> tuple[Problem, ...]:
    """Everything that is wrong with a marketing text, in the order in which a writer would mend it."""
    try:
        text = parse(source)
    except BadText as error:
        return error.problems
    problems = [*_slot_problems(text), *_word_problems(text)]
    if not source.rstrip("\n").endswith(OPT_OUT_TEXT):
        ending = {"ending": OPT_OUT_TEXT}
        problems.append(Problem("opt_out", message="The text must end with “%(ending)s”.", data=ending))
    if text.has_link and not has_target:
        problems.append(Problem("no_target", message="The text has a link but the plan has no target address."))
    if has_target and not text.has_link:
        problems.append(Problem("no_link", message="The plan has a target address but the text has no {{ link }}."))
    if not problems:
        length = sms_chars(full_text(sign_name, render(text, {}, link_base=link_base, token="x" * 7).body))
        if length > MAX_SMS_CHARS:
            problems.append(
                Problem("too_long", message="The text has %(length)s characters; the limit is %(limit)s.",
                        data={"length": length, "limit": MAX_SMS_CHARS})
            )  # fmt: skip
    return tuple(problems)


def _slot_problems(text: Text) -> list[Problem]:
    found: list[Problem] = []
    for slot in text.slots:
        unknown = [path for path in slot.variables if re.split(r"[.\[]", path)[0] not in VARIABLES]
        if unknown:
            name = {"name": unknown[0]}
            found.append(Problem("unknown_variable", message="There is no variable “%(name)s”.", data=name))
        elif not slot.is_link:
            found += _fallback_problems(slot)
    if any(isinstance(one, Slot) and isinstance(two, Slot) for one, two in pairwise(text.parts)):
        found.append(
            Problem("touching", message="Two variables must not stand side by side; put a word between them.")
        )
    if not "".join(part for part in text.parts if isinstance(part, str)).replace(OPT_OUT_TEXT, "").strip():
        found.append(Problem("no_words", message="The text cannot consist of variables alone."))
    return found


def _fallback_problems(slot: Slot) -> list[Problem]:
    """Some customers have no name, no city …: the text must know what to say to them."""
    name = slot.variables[0] if slot.variables else slot.source
    if "link" in slot.variables:
        return [Problem("link_filter", message="Write the link as {{ link }}, without anything else.")]
    fallback = slot.fallback()
    if not fallback:
        return [
            Problem(
                "no_fallback",
                message="Give “%(name)s” a fallback for customers without it, such as {{ %(name)s | default: \"…\" }}.",
                data={"name": name},
            )
        ]
    if ADDRESS.search(fallback):
        return [Problem("address", message="Providers refuse addresses in variables; use {{ link }}.")]
    return []


def _word_problems(text: Text) -> list[Problem]:
    words = "\n".join(part for part in text.parts if isinstance(part, str))
    found = [
        Problem(f"word_{kind}", message="Providers refuse “%(word)s” in a marketing text.", data={"word": word})
        for kind, listed in forbidden_words().items()
        for word in listed
        if word in words
    ]
    if ADDRESS.search(words):
        found.append(Problem("address", message="Write no addresses into the text; use {{ link }}."))
    if "【" in words or "】" in words:
        found.append(Problem("signature", message="The signature is added by itself; leave 【 and 】 out."))
    if any(ord(char) > 0xFFFF for char in words):
        found.append(Problem("symbol", message="Emoji are refused or billed twice; leave them out."))
    if PROVIDER_VARIABLE.search(words):
        found.append(Problem("provider_variable", message="Write variables as {{ name }}, not as ${name}."))
    return found


@lru_cache(maxsize=1)
def forbidden_words() -> dict[str, tuple[str, ...]]:
    """Words by reason, from `words.json`; the lists change, so they are data."""
    document = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    return {kind: tuple(words) for kind, words in document.items() if isinstance(words, list)}
