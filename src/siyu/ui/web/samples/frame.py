"""The frame's parts on the style guide: an organisation, notifications."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from siyu.ui.contracts import Notice, ScopeNode

STORES = (("sh-1", "徐汇天钥桥店"), ("sh-2", "静安大宁店"), ("nj-1", "南京新街口店"))
EAST = ScopeNode(
    "east", "华东大区", _("86 stores"), current=True, children=tuple(ScopeNode(key, name) for key, name in STORES)
)
BRAND = ScopeNode("brand", "鲜果里", _("214 stores"), children=(EAST, ScopeNode("south", "华南大区", _("61 stores"))))
NOTICES = (
    Notice(
        "1", _("3 bad reviews unanswered for 30 minutes"), "#", _("Longest: 42 minutes"), "10:18",
        icon="alert-triangle", tone="bad", unread=True,
    ),
    Notice(
        "2", _("Approve: “Dragon boat coupons”, 12,480 recipients"), "#", _("Sun Ke asked at 09:48"), "09:48",
        icon="shield-check", tone="info", unread=True,
    ),
    Notice("3", _("Import finished: 48,000 rows, 26 need a look"), "#", "orders.xlsx", _("Yesterday"),
           icon="file-import", tone="warn"),
)  # fmt: skip


def nodes(text: str) -> list[ScopeNode]:
    """Everything, or a flat list of what is called so."""
    if not text:
        return [BRAND]
    everything = (BRAND, *BRAND.children, *EAST.children)
    return [ScopeNode(node.key, node.label, node.note, node.current) for node in everything if text in str(node.label)]


def context() -> dict[str, Any]:
    return {"scope_node": EAST, "no_hits": ()}
