"""Customers of the style guide's lists."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from siyu.ui import formats
from siyu.ui.contracts import Cell, Chip, Column, Row, Tab


def context() -> dict[str, Any]:
    here = "#"
    columns = [
        Column("name", _("Customer"), phone="main"),
        Column("phone", _("Phone"), phone="second"),
        Column("stage", _("Stage"), phone="second"),
        Column("tags", _("Tags"), phone="hidden"),
        Column("spend", _("Spend"), align="end", sort_url=here, sorted="desc", phone="figure"),
        Column("orders", _("Orders"), align="end", sort_url=here),
        Column("share", _("Share"), align="end", phone="hidden", definition=_("Of the spend on this page.")),
    ]
    people = [
        ("郑晚晴", "13812345127", _("At risk"), "paused", 410_680, 35, 41.0),
        ("顾明哲", "13912346071", _("Active"), "running", 231_860, 19, 23.2),
        (
            "A customer whose display name is so long that it must wrap somewhere",
            "18912346617",
            _("Silent"),
            "draft",
            528_470,
            0,
            8.0,
        ),
    ]
    rows = [
        Row(
            key=str(index),
            url=here,
            cells={
                "name": name,
                "phone": formats.masked_phone(phone),
                "stage": Cell(stage, kind="pill", tone=tone),
                "tags": Cell(_("Tropical fruit"), kind="tag", tone="need"),
                "spend": formats.money(spend),
                "orders": Cell(formats.number(orders), url=here) if orders else None,
                "share": Cell(f"{share:.1f}%", kind="bar", share=share),
            },
        )
        for index, (name, phone, stage, tone, spend, orders, share) in enumerate(people)
    ]
    return {
        "columns": columns,
        "rows": rows,
        "nothing": (),
        "total": Row(cells={"name": _("Total"), "spend": formats.money(1_171_010), "orders": "54"}),
        "saved": [
            Tab(_("All"), here, count="214,380"),
            Tab(_("Valuable, silent"), here, current=True, count="1,284"),
            Tab(_("My follow-ups"), here, count=36),
        ],
        "chips": [Chip(_("Last order 45–90 days ago"), here), Chip(_("Spend ≥ ¥280.00"), here)],
    }


