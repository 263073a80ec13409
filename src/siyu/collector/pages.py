"""The two pages that a person may see here: bilingual, without scripts, a few hundred bytes."""

from __future__ import annotations

_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title></head>
<body><h1>{title_zh}</h1><p>{text_zh}</p><hr><h1 lang="en">{title}</h1><p lang="en">{text}</p></body></html>
"""


def _page(*, title_zh: str, text_zh: str, title: str, text: str) -> bytes:
    return _PAGE.format(title_zh=title_zh, text_zh=text_zh, title=title, text=text).encode()


UNKNOWN_LINK = _page(
    title_zh="链接无效或已过期",
    text_zh="检查链接是否完整，或向发送方索取新的链接。",
    title="This link is unknown or has expired",
    text="Please check that the address is complete, or ask the sender for a new one.",
)
TRY_AGAIN = _page(
    title_zh="稍后再试",
    text_zh="系统暂时繁忙，过一会儿重新打开链接。",
    title="Please try again in a moment",
    text="The service is busy right now. Open the link again in a little while.",
)
