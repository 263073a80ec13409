"""What Aliyun's reviewers and gateway decide without looking anything up: templates, variables, length,
hours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
# The only opt-out wording that reviewers take today, and what notification templates must not contain.
OPT_OUT_TEXT = "拒收请回复R"
# Characters of signature and text together.
MAX_TEXT_CHARS = 500
# Characters of one variable's value. Held to be 35 for ordinary accounts; no primary document.
MAX_PARAM_CHARS = 35
MAX_CODE_DIGITS = 6
MAX_TEMPLATE_NAME_CHARS = 30
_VARIABLE = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
_PHONE = re.compile(r"^(?:\+86|0086|86)?(1[3-9]\d{9})$")
_ADDRESS = re.compile(r"https?://|www\.|[a-z0-9-]\.(?:com|cn|net|org|top|shop|vip|cc|io|me)(?:[/:?]|$)", re.I)
_PROMOTION_WORDS = ("优惠", "促销", "特价", "满减", "折扣", "抢购", "秒杀")
_REFUSED_WORDS = ("抽奖", "返现", "贷款", "直播", "加微信", "加群", "赌")


class Kind(StrEnum):
    """Kinds of template; what may be said, and how often, depends on it."""

    VERIFICATION = "verification"
    NOTIFICATION = "notification"
    PROMOTION = "promotion"


class Refused(Exception):
    """A business refusal: HTTP 200 with this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def national(phone: str) -> str | None:
    """The bare 11 digits of a mainland mobile number in any accepted spelling, or None."""
    found = _PHONE.match(phone.strip())
    return found.group(1) if found else None


def variables(content: str) -> list[str]:
    return _VARIABLE.findall(content)


def review_template(name: str, kind: Kind, content: str) -> str | None:
    """Why a reviewer turns a template down, or None if it passes."""
    if not name or len(name) > MAX_TEMPLATE_NAME_CHARS:
        return f"模板名称须为1至{MAX_TEMPLATE_NAME_CHARS}个字符"
    if not content or len(content) > MAX_TEXT_CHARS:
        return f"模板内容须为1至{MAX_TEXT_CHARS}个字符"
    if not _VARIABLE.sub("", content).strip():
        return "模板内容不能全部为变量"
    if re.search(r"\$\{[^}]*\}\$\{", content):
        return "变量不能相连"
    if "【" in content:
        return "模板内容不能包含签名符号【】"
    return _review_kind(kind, content)


def _review_kind(kind: Kind, content: str) -> str | None:
    refused = next((word for word in _REFUSED_WORDS if word in content), None)
    if refused is not None:
        return f"内容含不支持的业务：{refused}"
    if kind is Kind.PROMOTION:
        return None if content.endswith(OPT_OUT_TEXT) else f"推广短信须以“{OPT_OUT_TEXT}”结尾"
    if OPT_OUT_TEXT in content or any(word in content for word in _PROMOTION_WORDS):
        return "非推广短信不能含推广内容或退订文字"
    return None


def review_sign(name: str) -> str | None:
    """Why a reviewer turns a signature down, or None if it passes."""
    if not 2 <= len(name) <= 12:
        return "签名须为2至12个字符"
    if re.search(r"[\s,，。.()（）\[\]【】]", name) or "测试" in name:
        return "签名含不支持的字符或字样"
    return None


def read_params(text: str) -> dict[str, str]:
    """The variables of one message from their JSON text; raises `Refused`."""
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，请使用合法的JSON") from None
    return check_params(value)


def check_params(value: Any) -> dict[str, str]:
    """A decoded set of variables: an object of short plain texts; raises `Refused`."""
    if not isinstance(value, Mapping):
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，应为JSON对象")
    if not all(isinstance(item, str | int | float) and not isinstance(item, bool) for item in value.values()):
        raise Refused("isv.INVALID_JSON_PARAM", "变量值应为字符串")
    return {str(name): str(item) for name, item in value.items()}


def render(kind: Kind, sign_name: str, content: str, params: Mapping[str, str]) -> str:
    """The text with its signature, after all checks of the variables; raises `Refused`."""
    names = variables(content)
    missing = [name for name in names if name not in params]
    if missing:
        raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", f"模板缺少变量：{','.join(missing)}")
    for name in names:
        _check_value(kind, params[name])
    text = f"【{sign_name}】" + _VARIABLE.sub(lambda found: params[found.group(1)], content)
    if length(text) > MAX_TEXT_CHARS:
        raise Refused("isv.PARAM_LENGTH_LIMIT", f"短信内容超过{MAX_TEXT_CHARS}个字符")
    return text


def _check_value(kind: Kind, value: str) -> None:
    digits = value.isascii() and value.isdigit()
    if kind is Kind.VERIFICATION and not (digits and len(value) <= MAX_CODE_DIGITS):
        raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", f"验证码变量仅支持{MAX_CODE_DIGITS}位以内数字")
    if len(value) > MAX_PARAM_CHARS:
        raise Refused("isv.PARAM_LENGTH_LIMIT", f"变量长度超过{MAX_PARAM_CHARS}个字符")
    if _ADDRESS.search(value):
        raise Refused("isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入链接")


def length(text: str) -> int:
    """Characters as billed. A symbol outside of the basic plane takes two places."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


def units(text: str) -> int:
    """Billed units: one up to 70 characters, otherwise one for each started 67."""
    count = length(text)
    return 1 if count <= 70 else (count + 66) // 67


def inside_window(window: tuple[str, str] | None, moment: datetime) -> bool:
    """Whether promotion may be sent at this moment; the end of the window is outside."""
    if window is None:
        return True
    start, end = (time.fromisoformat(text) for text in window)
    return start <= moment.astimezone(ZONE).time() < end
