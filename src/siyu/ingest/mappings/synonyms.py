"""Column names by which shop systems call the same thing, the preferred first."""

from __future__ import annotations

from siyu.ingest.contracts import Field

# Times in order of worth: paid beats made beats created; the first that is filled in a row counts.
# Amounts in order of worth: what the shop got beats what the buyer owed.
FIELDS: dict[Field, tuple[str, ...]] = {
    Field.ORDER_NO: (
        "主订单编号", "订单编号", "订单号", "订单ID", "交易编号", "单号",
        "order_no", "order_id", "order_number", "order", "invoice_no", "invoice",
    ),
    Field.LINE_NO: ("子订单编号", "子订单号", "行号", "line_no", "line_id", "sub_order_no", "order_line_id"),
    Field.PAID_AT: (
        "支付完成时间", "订单付款时间", "支付时间", "付款时间", "付款确认时间", "订单成交时间", "成交时间",
        "订单提交时间", "下单时间", "订单创建时间", "时间", "日期",
        "paid_at", "paid_time", "payment_time", "order_time", "order_date", "invoice_date", "created_at", "date",
        "time",
    ),
    Field.MEMBER: (
        "会员号", "会员编号", "会员ID", "会员卡号", "买家会员名", "下单帐号", "用户ID", "客户编号",
        "member_no", "member_id", "member", "customer_id", "customer_no", "user_id",
    ),
    Field.PHONE: (
        "手机号", "手机", "手机号码", "收件人手机号", "联系手机", "联系电话", "电话", "收货人手机号",
        "phone", "mobile", "phone_number", "tel", "telephone",
    ),
    Field.NAME: (
        "姓名", "客户姓名", "会员姓名", "收货人", "收货人姓名", "收件人",
        "name", "customer_name", "full_name", "receiver",
    ),
    Field.SKU: (
        "商家编码", "商家编码-规格维度", "货号", "规格编码", "外部系统编号", "商品编码", "商品编号", "SKU编码",
        "sku", "sku_code", "stock_code", "product_code", "item_no", "商品ID", "product_id",
    ),
    Field.TITLE: (
        "选购商品", "宝贝标题", "商品名称", "商品", "SKU名称", "标题", "品名",
        "title", "product", "product_name", "item", "item_name", "description",
    ),
    Field.QUANTITY: (
        "商品数量(件)", "宝贝总数量", "商品数量", "SKU件数", "订购数量", "购买数量", "数量", "件数",
        "quantity", "qty", "count",
    ),
    Field.UNIT_PRICE: ("单价", "商品单价", "京东价", "价格", "售价", "unit_price", "price"),
    Field.AMOUNT: (
        "商家实收金额(元)", "商家应收金额(元)(支付金额)", "用户实付金额(元)", "买家实际支付金额", "订单应付金额",
        "应付金额",
        "实付金额", "实付款", "支付金额", "成交金额", "金额", "小计",
        "amount", "paid_amount", "line_amount", "total", "total_amount", "line_total",
    ),
    Field.REFUND_AMOUNT: ("退款金额", "退款金额(元)", "已退款金额", "refund_amount", "refunded_amount"),
    Field.STATE: ("订单状态", "交易状态", "状态", "state", "status", "order_status"),
    Field.AFTER_SALE: ("售后状态", "退款状态", "after_sale", "after_sale_status", "refund_status"),
    Field.SMS_CONSENT: (
        "是否接受短信", "接受短信", "短信订阅", "是否同意营销短信", "sms_consent", "sms_opt_in", "accepts_sms",
    ),
}  # fmt: skip

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "province": ("省", "省份", "province", "state_province"),
    "city": ("市", "城市", "city"),
    "district": ("区", "区县", "district"),
    "store": ("门店", "门店名称", "店铺名称", "店铺", "store", "shop"),
    "guide": ("导购", "导购员", "专属导购", "guide", "salesperson"),
    "gender": ("性别", "gender", "sex"),
    "level": ("会员等级", "等级", "level", "member_level", "tier"),
    "birthday": ("生日", "出生日期", "birthday", "birth_date"),
    "country": ("国家", "country"),
    "channel": ("渠道", "来源", "流量来源", "订单来源", "channel", "source"),
}
