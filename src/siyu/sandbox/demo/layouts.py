"""Layouts of order exports: which columns a shop system writes, and what an import takes from them.

The layouts of Tmall, JD and Douyin have the headers that public sources agree on. Youzan's are not published: its
headers here are plain words, and whoever knows better says so in `layouts.json` in the demo's folder (`overridden`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from siyu.sandbox.demo.customers import Channel

OVERRIDES = "layouts.json"


@dataclass(frozen=True)
class Column:
    """A column: its header, and the field of `sheets` that fills it, or always the same text."""

    header: str
    source: str = ""
    always: str = ""


@dataclass(frozen=True)
class Layout:
    """An export's columns in order, and the mapping by which it is imported.

    `reads` and `attributes` say which of the fields an import takes, by what it calls them. `shop` is the namespace of
    order and member numbers. `guarded` fields stand behind a TAB or in ``="…"``, against spreadsheets.
    """

    name: str
    channel: Channel
    shop: str
    columns: tuple[Column, ...]
    reads: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8-sig"
    tab_guarded: frozenset[str] = frozenset()
    formula_guarded: frozenset[str] = frozenset()
    missing: str = ""

    def header_of(self, source: str) -> str:
        return next(column.header for column in self.columns if column.source == source)

    def mapping(self) -> dict[str, Any]:
        """The document of the import mapping."""
        return {
            "name": self.name,
            "columns": {name: [self.header_of(one) for one in sources] for name, sources in self.reads.items()},
            "attributes": {name: [self.header_of(source)] for name, source in self.attributes.items()},
            "shop": self.shop,
        }


def _columns(text: str, filled: Mapping[str, str], always: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    texts = always or {}
    return tuple(Column(name, filled.get(name, ""), texts.get(name, "")) for name in text.split(","))


# A chain's till: names that seller consoles use, plus what only a till knows.
TILL = Layout(
    "鲜果里门店收银",
    Channel.TILL,
    "main",
    _columns(
        "订单号,子订单号,订单状态,下单时间,支付时间,门店编码,门店,城市,区县,导购,会员号,姓名,手机号,性别,生日,"
        "会员等级,是否接受短信,商品编码,商品名称,数量,单价,实付金额,售后状态,退款金额,退款时间",
        {
            "订单号": "order_no", "子订单号": "line_no", "订单状态": "state", "下单时间": "placed_at",
            "支付时间": "paid_at", "门店编码": "store_code", "门店": "store", "城市": "city", "区县": "district",
            "导购": "guide", "会员号": "member", "姓名": "name", "手机号": "phone", "性别": "gender",
            "生日": "birthday", "会员等级": "level", "是否接受短信": "consent", "商品编码": "sku", "商品名称": "title",
            "数量": "quantity", "单价": "unit", "实付金额": "amount", "售后状态": "after_sale", "退款金额": "refund",
            "退款时间": "refunded_at",
        },
    ),
    {
        "order_no": ("order_no",), "line_no": ("line_no",), "paid_at": ("paid_at", "placed_at"),
        "member": ("member",), "phone": ("phone",), "name": ("name",), "sku": ("sku",), "title": ("title",),
        "quantity": ("quantity",), "unit_price": ("unit",), "amount": ("amount",), "refund_amount": ("refund",),
        "state": ("state",), "after_sale": ("after_sale",), "sms_consent": ("consent",),
    },
    {
        "store": "store", "city": "city", "district": "district", "guide": "guide", "level": "level",
        "gender": "gender", "birthday": "birthday",
    },
    tab_guarded=frozenset({"order_no", "line_no"}),
    formula_guarded=frozenset({"phone"}),
    missing="-",
)  # fmt: skip

TMALL = Layout(
    "天猫旗舰店",
    Channel.TMALL,
    "tmall",
    _columns(
        "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
        "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,"
        "宝贝标题,宝贝种类,物流单号,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,"
        "发票抬头,定金排名,修改后的sku,修改后的收货地址,异常信息",
        {
            "订单编号": "order_no", "买家会员名": "member", "买家应付货款": "amount", "总金额": "amount",
            "买家实际支付金额": "received", "订单状态": "state", "收货人姓名": "name", "收货地址": "address",
            "联系手机": "phone", "订单创建时间": "placed_at", "订单付款时间": "paid_at", "宝贝标题": "title",
            "物流单号": "parcel", "宝贝总数量": "quantity", "订单关闭原因": "closed_because",
        },
        {
            "买家应付邮费": "0.00", "买家支付积分": "0", "返点积分": "0", "买家实际支付积分": "0", "运送方式": "快递",
            "宝贝种类": "1", "物流公司": "圆通速递", "店铺Id": "0", "店铺名称": "鲜果里旗舰店", "卖家服务费": "0.00",
            "买家服务费": "0.00",
        },
    ),
    {
        "order_no": ("order_no",), "paid_at": ("paid_at", "placed_at"), "member": ("member",), "phone": ("phone",),
        "name": ("name",), "title": ("title",), "quantity": ("quantity",), "amount": ("received",),
        "state": ("state",),
    },
    encoding="gb18030",
    tab_guarded=frozenset({"order_no", "phone", "parcel"}),
)  # fmt: skip

# Order amounts stand on every row of an order, so a line's amount is price times quantity.
JD = Layout(
    "京东旗舰店",
    Channel.JD,
    "jd",
    _columns(
        "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,"
        "下单帐号,客户姓名,客户地址,联系电话,订单备注,发票类型,发票抬头,发票内容,商家备注,商家备注等级,运费金额,"
        "付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道",
        {
            "订单号": "order_no", "商品ID": "platform_sku", "商品名称": "title", "订购数量": "quantity",
            "下单时间": "placed_at", "京东价": "unit", "订单金额": "order_amount", "结算金额": "order_amount",
            "应付金额": "order_amount", "订单状态": "state", "下单帐号": "member", "客户姓名": "name",
            "客户地址": "address", "联系电话": "phone", "付款确认时间": "paid_at", "货号": "sku",
        },
        {
            "支付方式": "在线支付", "余额支付": "0.00", "订单类型": "SOP", "发票类型": "不需要开发票",
            "运费金额": "0.00", "订单来源": "京东", "订单渠道": "APP",
        },
    ),
    {
        "order_no": ("order_no",), "paid_at": ("paid_at", "placed_at"), "member": ("member",), "phone": ("phone",),
        "name": ("name",), "sku": ("sku",), "title": ("title",), "quantity": ("quantity",), "unit_price": ("unit",),
        "state": ("state",),
    },
    encoding="gb18030",
    formula_guarded=frozenset({"order_no", "phone"}),
)  # fmt: skip

DOUYIN = Layout(
    "抖音小店",
    Channel.DOUYIN,
    "douyin",
    _columns(
        "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品金额,订单应付金额,商家收入金额,运费,平台优惠,"
        "支付方式,收件人,收件人手机号,详细地址,订单提交时间,商家备注,订单完成时间,流量来源,流量类型,流量体裁,流量渠道,"
        "达人ID,达人昵称,订单状态,售后状态,取消原因,发货时间,快递信息,平台实际承担优惠金额,商家实际承担优惠金额,"
        "达人实际承担优惠金额",
        {
            "主订单编号": "order_no", "子订单编号": "line_no", "选购商品": "title", "商品数量": "quantity",
            "商品ID": "platform_sku", "商家编码": "sku", "商品金额": "amount", "订单应付金额": "amount",
            "商家收入金额": "amount", "收件人": "name", "收件人手机号": "phone", "详细地址": "address",
            "订单提交时间": "placed_at", "订单状态": "state", "售后状态": "after_sale", "取消原因": "closed_because",
            "快递信息": "parcel",
        },
        {
            "商品规格": "默认", "运费": "0.00", "平台优惠": "0.00", "支付方式": "微信", "流量来源": "精选联盟",
            "流量类型": "自然流量", "流量体裁": "直播", "流量渠道": "直播推荐", "平台实际承担优惠金额": "0.00",
            "商家实际承担优惠金额": "0.00", "达人实际承担优惠金额": "0.00",
        },
    ),
    {
        "order_no": ("order_no",), "line_no": ("line_no",), "paid_at": ("placed_at",), "phone": ("phone",),
        "name": ("name",), "sku": ("sku",), "title": ("title",), "quantity": ("quantity",), "amount": ("amount",),
        "state": ("state",), "after_sale": ("after_sale",),
    },
    tab_guarded=frozenset({"order_no", "line_no", "parcel"}),
    missing="-",
)  # fmt: skip

# Not published: plain words, to be replaced by whoever has an export.
YOUZAN = Layout(
    "有赞小程序商城",
    Channel.YOUZAN,
    "youzan",
    _columns(
        "订单号,商品序号,订单状态,下单时间,付款时间,收货人,收货人手机号,收货地址,商品编码,商品名称,商品数量,商品单价,"
        "商品实付金额,退款状态,退款金额,是否接受短信",
        {
            "订单号": "order_no", "商品序号": "line_no", "订单状态": "state", "下单时间": "placed_at",
            "付款时间": "paid_at", "收货人": "name", "收货人手机号": "phone", "收货地址": "address", "商品编码": "sku",
            "商品名称": "title", "商品数量": "quantity", "商品单价": "unit", "商品实付金额": "amount",
            "退款状态": "after_sale", "退款金额": "refund", "是否接受短信": "consent",
        },
    ),
    {
        "order_no": ("order_no",), "line_no": ("line_no",), "paid_at": ("paid_at", "placed_at"), "phone": ("phone",),
        "name": ("name",), "sku": ("sku",), "title": ("title",), "quantity": ("quantity",), "unit_price": ("unit",),
        "amount": ("amount",), "refund_amount": ("refund",), "state": ("state",), "after_sale": ("after_sale",),
        "sms_consent": ("consent",),
    },
    encoding="utf-8",
)  # fmt: skip

LAYOUTS = {layout.channel: layout for layout in (TILL, TMALL, JD, DOUYIN, YOUZAN)}


def overridden(folder: Path) -> dict[Channel, Layout]:
    """The layouts, with the headers that `layouts.json` in the folder gives: ``{"youzan": {"old": "new"}}``.

    ValueError for a file that is no such document or names a shop or header that there is not.
    """
    path = folder / OVERRIDES
    if not path.exists():
        return LAYOUTS
    try:
        given = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, str]])
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error
    unknown = set(given) - {layout.shop for layout in LAYOUTS.values()}
    if unknown:
        raise ValueError(f"{path}: no layout of {sorted(unknown)[0]}")
    return {
        channel: _renamed(layout, given.get(layout.shop, {}), str(path)) for channel, layout in LAYOUTS.items()
    }


def _renamed(layout: Layout, names: Mapping[str, str], where: str) -> Layout:
    unknown = set(names) - {column.header for column in layout.columns}
    if unknown:
        raise ValueError(f"{where}: {layout.shop} has no column {sorted(unknown)[0]}")
    columns = tuple(replace(column, header=names.get(column.header, column.header)) for column in layout.columns)
    return replace(layout, columns=columns)
