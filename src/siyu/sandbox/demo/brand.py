"""What the demo brand is called, its signature and its text messages."""

from __future__ import annotations

from siyu.sandbox.config import SignSeed, TemplateSeed

BRAND = "鲜果里"
COMPANY = "鲜果里果品连锁有限公司"
SIGN = SignSeed(BRAND)
RECALL_CODE = "SMS_480000101"
NOTICE_CODE = "SMS_480000102"
SEASON_CODE = "SMS_480000103"
MEMBER_DAY_CODE = "SMS_480000104"


def templates(link_base: str) -> tuple[TemplateSeed, ...]:
    """The brand's reviewed templates. Variables carry no links, so the address stands in the text.

    Only the token of the tracked link is a variable: ``link_base`` is everything before it, for instance
    ``https://example.com/s/``.
    """
    recall = f"${{name}}您好，好久不见！会员专属10元鲜果券已到账，点 {link_base}${{token}} 领取，拒收请回复R"
    season = f"${{name}}您好，当季鲜果已到店，本周新品看这里 {link_base}${{token}} ，拒收请回复R"
    member_day = f"${{name}}您好，周二会员日全场鲜果88折，到店出示会员码即可，详情 {link_base}${{token}} ，拒收请回复R"
    notice = "${name}您好，您的订单${order_no}已由门店备好，请在今日营业时间内到店自提。"
    return (
        TemplateSeed(RECALL_CODE, "老客召回", "promotion", recall),
        TemplateSeed(SEASON_CODE, "当季上新", "promotion", season),
        TemplateSeed(MEMBER_DAY_CODE, "会员日", "promotion", member_day),
        TemplateSeed(NOTICE_CODE, "备货通知", "notification", notice),
    )
