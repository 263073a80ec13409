"""`siyu identity resolve`: which records of an outside file are one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import polars as pl

from siyu.cli.command import Answer, Output, command, table
from siyu.cli.language import gettext as _
from siyu.customers import linkage
from siyu.customers.linkage import Clusters, Key, Likeness
from siyu.ingest.outside import read_outside
from siyu.kernel.errors import InvalidInput
from siyu.kernel.spreadsheets import csv_pieces

# Doubtful pairs that are told on the screen and in the document; all of them go to the file.
SHOWN_PAIRS = 20


@dataclass(frozen=True)
class _Found:
    """Everything that was found out about a file."""

    path: Path
    records: pl.DataFrame
    keys: tuple[Key, ...]
    exact: Clusters
    likeness: Likeness | None
    clusters: Clusters


@command("resolve")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("more_keys", nargs=-1, metavar="[COLUMN]...")
@click.option("--key", "keys", multiple=True, required=True, metavar="COLUMN",
              help="Records with the same value are one person; a+b for columns together; repeatedly.")  # fmt: skip
@click.option("--fuzzy", is_flag=True, help="Also join records that are alike, by probability.")
@click.option("--compare", "compared", multiple=True, metavar="COLUMN",
              help="With --fuzzy: what to compare; all telling columns without it; repeatedly.")  # fmt: skip
@click.option("--at-least", type=click.FloatRange(0.5, 1), default=0.9, show_default=True,
              help="With --fuzzy: the probability from which alike records are joined.")  # fmt: skip
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the records with their clusters to this file.")  # fmt: skip
@click.option("--pairs", "pairs_file", type=click.Path(dir_okay=False, path_type=Path),
              help="With --fuzzy: write all alike pairs and their probability to this file.")  # fmt: skip
def resolve(
    out: Output,
    *,
    file: Path,
    more_keys: tuple[str, ...],
    keys: tuple[str, ...],
    fuzzy: bool,
    compared: tuple[str, ...],
    at_least: float,
    csv_file: Path | None,
    pairs_file: Path | None,
) -> Answer:
    """Find the records of a CSV, XLSX or Parquet file that are one person.

    Blanks around values do not matter, and an empty value equals nothing. Nothing is imported.
    """
    if (compared or pairs_file) and not fuzzy:
        raise InvalidInput(reason="--compare and --pairs say something about alike records: give --fuzzy too.")
    found = _resolved(file, (*keys, *more_keys), compared if fuzzy else None, at_least)
    if csv_file is not None:
        _write_records(csv_file, found)
    if pairs_file is not None and found.likeness is not None:
        _write_pairs(pairs_file, found.likeness)
    document = _document(found, at_least) | {"csv": csv_file and str(csv_file)}
    return Answer(document, _text(document))


def _resolved(path: Path, texts: Sequence[str], compared: Sequence[str] | None, at_least: float) -> _Found:
    """`compared` is None without likeness, and empty for all telling columns."""
    parts = {part.strip() for text in texts for part in (text, *text.split("+"))}
    try:
        records = linkage.prepared(read_outside(path, parts))
    except OSError as error:
        raise InvalidInput(reason=f"{path}: {error.strerror}") from error
    keys = tuple(dict.fromkeys(linkage.key_of(text, records.columns) for text in texts))
    exact = linkage.by_keys(records, keys)
    if compared is None:
        return _Found(path, records, keys, exact, None, exact)
    columns = [name for text in compared for name in linkage.key_of(text, records.columns).columns]
    likeness = linkage.likely_pairs(records, columns or linkage.telling_columns(records), exact)
    return _Found(path, records, keys, exact, likeness, linkage.joined(exact, likeness.at_least(at_least)))


def _document(found: _Found, at_least: float) -> dict[str, Any]:
    document = {
        "file": str(found.path),
        "records": found.records.height,
        "keys": [_key(found.records, key) for key in found.keys],
        **_counts(found.clusters),
        "sizes": {str(size): int(count) for size, count in enumerate(np.bincount(found.clusters.sizes)) if count},
    }
    if found.likeness is not None:
        document["exact"] = _counts(found.exact)
        document["fuzzy"] = _fuzzy(found.likeness, at_least)
    return document


def _counts(clusters: Clusters) -> dict[str, int]:
    return {
        "clusters": clusters.count,
        "predicted_pairs": clusters.pair_count,
        "joined_records": clusters.joined_record_count,
        "largest_cluster": clusters.largest,
    }


def _key(records: pl.DataFrame, key: Key) -> dict[str, Any]:
    values = linkage.values(records, key).drop_nulls()
    alone = linkage.by_keys(records, [key])
    return {"key": key.text, "filled": values.len(), "distinct": values.n_unique(), "pairs": alone.pair_count}


def _fuzzy(likeness: Likeness, at_least: float) -> dict[str, Any]:
    strongest = np.argsort(-likeness.probability, kind="stable")[:SHOWN_PAIRS]
    return {
        "compared": list(likeness.columns),
        "at_least": at_least,
        "candidates": len(likeness.pairs),
        "pairs": len(likeness.at_least(at_least)),
        "strongest": [
            {"records": [int(number) + 1 for number in likeness.pairs[place]],
             "probability": round(float(likeness.probability[place]), 6)}
            for place in strongest
        ],
    }  # fmt: skip


def _text(document: dict[str, Any]) -> str:
    lines = [_("%(records)s records are %(clusters)s persons; the largest has %(largest)s records.") % {
        "records": f"{document['records']:,}", "clusters": f"{document['clusters']:,}",
        "largest": f"{document['largest_cluster']:,}"}]  # fmt: skip
    header = (_("key"), _("filled"), _("distinct"), _("pairs"))
    rows = [(key["key"], *(f"{key[name]:,}" for name in ("filled", "distinct", "pairs"))) for key in document["keys"]]
    lines.append(table(rows, header=header))
    if "fuzzy" in document:
        fuzzy = document["fuzzy"]
        lines.append(_("%(pairs)s of %(candidates)s pairs that no key joins are alike by at least %(at_least)s.") % {
            "pairs": f"{fuzzy['pairs']:,}", "candidates": f"{fuzzy['candidates']:,}",
            "at_least": fuzzy["at_least"]})  # fmt: skip
    if document["csv"]:
        lines.append(document["csv"])
    return "\n\n".join(lines)


def _write_records(path: Path, found: _Found) -> None:
    """All columns as they were compared, and before them the number of the record and of its cluster, from 1."""
    numbers = {"record": np.arange(found.records.height), "cluster": found.clusters.of_record}
    if found.likeness is not None:
        numbers["exact_cluster"] = found.exact.of_record
    head = [f"siyu_{name}" if name in found.records.columns else name for name in numbers]
    places = zip(*((column + 1).tolist() for column in numbers.values()), strict=True)
    rows = ((*place, *row) for place, row in zip(places, found.records.iter_rows(), strict=True))
    _write(path, [*head, *found.records.columns], rows)


def _write_pairs(path: Path, likeness: Likeness) -> None:
    pairs = zip((likeness.pairs + 1).tolist(), likeness.probability.tolist(), strict=True)
    _write(path, ["record", "other_record", "probability"], ((*pair, round(share, 6)) for pair, share in pairs))


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The whole file or none: a full disk leaves what stood there before."""
    half = path.with_name(path.name + ".part")
    try:
        with half.open("w", encoding="utf-8", newline="") as file:
            for piece in csv_pieces(head, rows):
                # For programs, which take the mark for a part of the first name.
                file.write(piece.removeprefix("\ufeff"))
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise InvalidInput(reason=f"{path}: {error.strerror}") from error


identity = click.Group("identity", commands=[resolve], help="Who is one person.")
