"""A block's customers as rows: fragments, identities, profiles, placements, consent."""

from __future__ import annotations

import json

import polars as pl

from bench.bulk.context import Context, Frames
from siyu.customers import keys
from siyu.customers.contracts import Channel as ConsentChannel
from siyu.customers.contracts import IdentityKey, IdentityKind, Purpose
from siyu.sandbox.demo.customers import Channel
from siyu.sandbox.demo.layouts import LAYOUTS, TILL

# What the till tells of its customers, in this order, and where it stands here.
_COLUMNS = {"store": "store_name", "guide": "guide_name"}
ATTRIBUTES = {name: _COLUMNS.get(source, source) for name, source in TILL.attributes.items()}
SMS, MARKETING = ConsentChannel.SMS.value, Purpose.MARKETING.value
EVIDENCE = "bulk"
SHOPS = pl.DataFrame({"channel": [int(c) for c in LAYOUTS], "shop": [layout.shop for layout in LAYOUTS.values()]})
# The channels whose customers are asked for consent.
ASKING = (Channel.TILL, Channel.YOUZAN)


def owners_of(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with `owner`: a number per person that an import would tell apart, null for a guest.

    Whom a platform hides is somebody else there than in the store; of whom it shows neither name nor number is nobody.
    """
    hidden = pl.col("phone").str.contains("*", literal=True)
    apart = pl.col("customer").cast(pl.Int64) * 10 + pl.col("channel")
    owner = pl.when(~hidden).then(pl.col("customer").cast(pl.Int64) * 10).when(pl.col("member") != "").then(apart)
    return orders.with_columns(owner.alias("owner"), hidden.alias("hidden"))


def make_people(context: Context, customers: pl.DataFrame, orders: pl.DataFrame) -> tuple[pl.DataFrame, Frames]:
    """The owners (owner, fragment_id, …), and the rows about them."""
    owners = _owners(context, customers, orders)
    moment = pl.lit(context.now_text)
    ids = context.take("identity", 0)
    identities = _identities(context, owners, orders)
    context.take("identity", identities.height)
    profiles = _profiles(owners)
    placed = owners.filter(pl.col("has_till"))
    consents = _consents(context, customers, owners, orders)
    frames = {
        "customers_fragment": owners.select(
            id="fragment_id", created_at=moment, source=pl.lit(context.source), is_sandbox=pl.lit(context.sandbox)
        ),
        "customers_identity": identities.with_columns(
            (pl.int_range(pl.len()) + ids).alias("id"), moment.alias("created_at")
        ),
        "customers_profile": profiles,
        "customers_placement": placed.select(
            "fragment_id", "node_id", "staff_id", source=pl.lit(context.source), placed_at=moment,
            version=pl.lit(1, pl.Int64),
        ),
        "customers_consententry": consents.select(
            "id", "fragment_id", channel=pl.lit(SMS), purpose=pl.lit(MARKETING), granted="granted", at="at",
            evidence=pl.lit(EVIDENCE), recorded_at=moment,
        ),
        "customers_consentstate": consents.select(
            "id", "fragment_id", channel=pl.lit(SMS), purpose=pl.lit(MARKETING), granted="granted", at="at",
            entry_id="id",
        ),
    }  # fmt: skip
    return owners.join(consents.select("fragment_id", "granted", "consent_ms"), on="fragment_id", how="left"), frames


def _owners(context: Context, customers: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per person, by number: what they are called, where they belong, since when they are known."""
    known = customers.with_row_index("customer").select(
        "customer", "store", "guide", "city", "district", "level", "gender", "birthday",
    )  # fmt: skip
    found = (
        orders.filter(pl.col("owner").is_not_null())
        .group_by("owner", maintain_order=True)
        .agg(
            pl.col("customer").first(),
            pl.col("name").first(),
            pl.col("at_ms").min().alias("first_seen_ms"),
            (pl.col("channel") == Channel.TILL).any().alias("has_till"),
        )
        .sort("owner")
        .join(known, on="customer", how="left", maintain_order="left")
        .join(context.stores, on="store", how="left", maintain_order="left")
        .join(context.staff, on="guide", how="left", maintain_order="left")
    )
    first = context.take("fragment", found.height)
    return found.with_columns((pl.int_range(pl.len()) + first).alias("fragment_id"))


def _identities(context: Context, owners: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Numbers in clear, phones sealed; each once."""
    told = orders.filter(pl.col("owner").is_not_null()).join(owners.select("owner", "fragment_id"), on="owner")
    members = (
        told.filter(pl.col("member") != "").unique(["fragment_id", "channel"], maintain_order=True, keep="first")
        .join(SHOPS, on="channel")
        .select("fragment_id", namespace="shop", value="member")
    )  # fmt: skip
    phones = told.filter(~pl.col("hidden") & (pl.col("phone") != "")).unique("fragment_id", maintain_order=True)
    sealed = [
        keys.seal(key)
        for key in (IdentityKey(IdentityKind.PHONE, "", f"+86{phone}") for phone in phones["phone"])
    ]
    lookups = [
        keys.lookups(IdentityKey(IdentityKind.MEMBER, namespace, value))[0]
        for namespace, value in members.select("namespace", "value").iter_rows()
    ]
    nothing = pl.lit(None, pl.Binary)
    return pl.concat([
        members.with_columns(
            pl.lit(IdentityKind.MEMBER.value).alias("kind"), pl.Series("lookup", lookups, pl.Binary),
            nothing.alias("tail_lookup"), nothing.alias("sealed"),
        ).select(IDENTITY_COLUMNS),
        phones.select("fragment_id").with_columns(
            pl.lit("").alias("namespace"), pl.lit("").alias("value"), pl.lit(IdentityKind.PHONE.value).alias("kind"),
            pl.Series("lookup", [one.lookup for one in sealed], pl.Binary),
            pl.Series("tail_lookup", [one.tail_lookup for one in sealed], pl.Binary),
            pl.Series("sealed", [one.sealed for one in sealed], pl.Binary),
        ).select(IDENTITY_COLUMNS),
    ])  # fmt: skip


IDENTITY_COLUMNS = ("kind", "namespace", "lookup", "tail_lookup", "value", "sealed", "fragment_id")


def _profiles(owners: pl.DataFrame) -> pl.DataFrame:
    texts = []
    for has_till, *values in owners.select("has_till", *ATTRIBUTES.values()).iter_rows():
        told = {name: value for name, value in zip(ATTRIBUTES, values, strict=True) if value} if has_till else {}
        texts.append(json.dumps(told, ensure_ascii=False))
    return owners.select(
        "fragment_id",
        pl.col("name").alias("display_name"),
        pl.Series("attributes_json", texts),
        text_of("first_seen_ms").alias("first_seen_at"),
        pl.lit(1, pl.Int64).alias("version"),
    )


def _consents(
    context: Context, customers: pl.DataFrame, owners: pl.DataFrame, orders: pl.DataFrame
) -> pl.DataFrame:
    """The first answer of everybody who was asked and gave one; later ones are the same."""
    answers = customers.with_row_index("customer").select("customer", "consent").filter(pl.col("consent") != "")
    found = (
        orders.filter(pl.col("channel").is_in([int(channel) for channel in ASKING]))
        .join(answers, on="customer")
        .group_by("owner", maintain_order=True)
        .agg(pl.col("at_ms").min().alias("consent_ms"), pl.col("consent").first())
        .join(owners.select("owner", "fragment_id"), on="owner")
        .sort("fragment_id")
        .with_columns((pl.col("consent") == "是").alias("granted"), text_of("consent_ms").alias("at"))
    )
    first = context.take("consent", found.height)
    return found.with_columns((pl.int_range(pl.len()) + first).alias("id"))


def text_of(name: str) -> pl.Expr:
    """A column of Unix milliseconds as both stores read a moment in UTC."""
    return pl.from_epoch(pl.col(name), time_unit="ms").dt.strftime("%Y-%m-%d %H:%M:%S")
