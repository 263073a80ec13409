"""The built-in mappings: the public Online Retail log, and a generic layout that knows the names shops use."""

from __future__ import annotations

from siyu.ingest.contracts import DateStyle, Duplicates, Field, Mapping, NoCustomer, ZeroPrice
from siyu.ingest.mappings import synonyms

# The cleaning steps under which the published totals of this log hold: rows of known customers with a positive price.
ONLINE_RETAIL = Mapping(
    name="online_retail",
    columns={
        Field.ORDER_NO: ("InvoiceNo", "Invoice"),
        Field.PAID_AT: ("InvoiceDate",),
        Field.MEMBER: ("CustomerID", "Customer ID"),
        Field.SKU: ("StockCode",),
        Field.TITLE: ("Description",),
        Field.QUANTITY: ("Quantity",),
        Field.UNIT_PRICE: ("UnitPrice", "Price"),
    },
    attributes={"country": ("Country",)},
    shop="online_retail",
    # Copies of the log come with year-first times or with the month first, as in the workbook of its donors.
    date_style=DateStyle.MDY,
    duplicates=Duplicates.KEEP,
    no_customer=NoCustomer.REJECT,
    zero_price=ZeroPrice.REJECT,
    refund_prefix="C",
    adjustment_prefix="A",
)
GENERIC = Mapping(name="generic", columns=synonyms.FIELDS, attributes=synonyms.ATTRIBUTES)
BUILTIN = {mapping.name: mapping for mapping in (ONLINE_RETAIL, GENERIC)}
