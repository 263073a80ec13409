"""Makes the demo brand's files from a seed: the same seed, size and day give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import polars as pl

from siyu.sandbox.demo import damage, files, layouts, sheets
from siyu.sandbox.demo.customers import Channel, make_customers
from siyu.sandbox.demo.damage import BadRow
from siyu.sandbox.demo.goods import FRUITS
from siyu.sandbox.demo.layouts import Layout
from siyu.sandbox.demo.organisation import make_organisation, write_organisation, write_staff
from siyu.sandbox.demo.size import DEFAULT_CUSTOMERS, DEFAULT_SEED, Size
from siyu.sandbox.people import PeopleFile, Person, Product

# The newest days that stand in the plain file of the till; older ones in the packed one.
RECENT_DAYS = 120
# The stores of this region report their newest days as a workbook.
WORKBOOK_DAYS = 30
WORKBOOK_CITIES = ("成都", "重庆", "西安", "昆明")


@dataclass(frozen=True)
class Export:
    """A file, the layout by which it is imported, and what an import of it alone has to find."""

    path: Path
    layout: Layout
    rows: int
    rejected: int
    duplicates: int
    orders: int
    sales_fen: int
    refunds_fen: int


@dataclass(frozen=True)
class DemoFiles:
    """Where the files are, and what an import of all of them has to find.

    `people` is how many customers an import has to know: those whom a shop's export names. Whom a platform hides
    stands apart under the name that the platform gives them.
    """

    size: Size
    exports: tuple[Export, ...]
    people_file: Path
    organisation_file: Path
    staff_file: Path
    customers: int
    people: int
    bad_rows: tuple[BadRow, ...]

    @property
    def rows(self) -> int:
        return sum(export.rows for export in self.exports)

    @property
    def orders(self) -> int:
        return sum(export.orders for export in self.exports)

    @property
    def sales_fen(self) -> int:
        return sum(export.sales_fen for export in self.exports)

    @property
    def refunds_fen(self) -> int:
        return sum(export.refunds_fen for export in self.exports)

    @property
    def net_sales_fen(self) -> int:
        return self.sales_fen - self.refunds_fen


def generate(
    folder: Path, *, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED, until: date
) -> DemoFiles:
    """Writes the exports of all shops, ``people.json``, ``organisation.csv`` and ``staff.csv`` into `folder`.

    The year ends with the day `until`. The files do not overlap, so their order of import does not matter; whatever an
    import rejects has a number of its own, so the totals are those of the good rows. Headers that `layouts.json` in the
    folder changes are written as it says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = Size(until, customers, seed)
    known = layouts.overridden(folder)
    sheet = sheets.make_sheet(size)
    by_channel = {channel: sheet.filter(pl.col("channel") == channel) for channel in Channel}
    till, bad_rows = _write_till(folder, known[Channel.TILL], by_channel[Channel.TILL])
    platforms = [_write_platform(folder, layout, by_channel[layout.channel]) for layout in _online(known)]
    organisation = make_organisation(size)
    return DemoFiles(
        size=size,
        # The newest customers of the stores come last, so that lists of the newest begin with them.
        exports=(*platforms, *till),
        people_file=_write_people(folder / "people.json", size),
        organisation_file=write_organisation(folder / "organisation.csv", organisation),
        staff_file=write_staff(folder / "staff.csv", organisation),
        customers=customers,
        people=_known_people(sheet),
        bad_rows=bad_rows,
    )


def _online(known: Mapping[Channel, Layout]) -> list[Layout]:
    return [known[channel] for channel in (Channel.YOUZAN, Channel.TMALL, Channel.JD, Channel.DOUYIN)]


def _write_till(folder: Path, layout: Layout, sheet: pl.DataFrame) -> tuple[list[Export], tuple[BadRow, ...]]:
    """Three files by age and region, of an older console, a newer one, and an office program."""
    recent = sheets.last_days(sheet, RECENT_DAYS)
    workbook = sheets.last_days(sheet, WORKBOOK_DAYS) & sheet["city"].is_in(WORKBOOK_CITIES)
    name = "orders-3-recent.csv"
    strewn, bad_rows = damage.with_bad_rows(sheet.filter(recent & ~workbook), name)
    parts = (
        (files.write_old_csv_gz, "orders-1-older.csv.gz", sheet.filter(~recent), 0),
        (files.write_xlsx, "orders-2-west.xlsx", sheet.filter(workbook), 0),
        (_write_unguarded, name, damage.with_repeated_lines(strewn), damage.REPEATED_LINES),
    )
    return [
        _export(write(folder / file, layout, part), layout, part, duplicates=repeated)
        for write, file, part, repeated in parts
    ], bad_rows


def _write_unguarded(path: Path, layout: Layout, sheet: pl.DataFrame) -> Path:
    return files.write_csv(path, layout, sheet, guarded=False)


def _write_platform(folder: Path, layout: Layout, sheet: pl.DataFrame) -> Export:
    if layout.channel in sheets.UNPAID_WORDS:
        sheet = sheets.with_dead_orders(sheet, layout.channel)
    path = folder / f"orders-{layout.shop}.csv"
    return _export(files.write_csv(path, layout, sheet, total=layout.channel is Channel.YOUZAN), layout, sheet)


def _export(path: Path, layout: Layout, sheet: pl.DataFrame, *, duplicates: int = 0) -> Export:
    accepted = sheet.filter(pl.col("rejected") == "")
    good = accepted.head(accepted.height - duplicates)
    return Export(
        path=path,
        layout=layout,
        rows=sheet.height,
        rejected=sheet.height - good.height - duplicates,
        duplicates=duplicates,
        orders=good["order_no"].n_unique(),
        sales_fen=int(good["amount_fen"].sum()),
        refunds_fen=int(good["refund_fen"].sum()),
    )


def _known_people(sheet: pl.DataFrame) -> int:
    """Persons behind the good rows. A phone joins what one person does in several shops, a hidden one does not."""
    hidden = pl.col("phone").str.contains("*", literal=True) | (pl.col("phone") == "")
    named = sheet.filter(~hidden | (pl.col("member") != ""))
    apart = hidden & (pl.col("channel") != Channel.TILL)
    key = pl.when(apart).then(pl.concat_str(["channel", "member"], separator="/")).otherwise("customer_id")
    return named.select(key.alias("key"))["key"].n_unique()


def _write_people(path: Path, size: Size) -> Path:
    """The document that `siyu.sandbox.people` reads: everybody whom the brand can know by phone or member number."""
    organisation = make_organisation(size)
    crowd = []
    for block in size.blocks:
        known = make_customers(size, block).filter(~(pl.col("online_only") & pl.col("masked")))
        crowd += [
            Person(
                row["id"], row["name"], row["phone"], row["member_no"], row["city"], layouts.TILL.shop,
                "" if row["store"] is None else organisation.stores[row["store"]].node.code,
                "" if row["guide"] is None else organisation.staff[row["guide"]].code,
            )
            for row in known.iter_rows(named=True)
        ]  # fmt: skip
    products = tuple(Product(fruit.sku, fruit.title, fruit.price_fen) for fruit in FRUITS)
    path.write_bytes(msgspec.json.encode(PeopleFile(products, tuple(crowd))))
    return path
