"""Who cites whom (引证): one row for each pair, the cited number in the spelling of the patents' numbers."""

from __future__ import annotations

import polars as pl

from patentmetrics.read.numbers import normalise_numbers

CITATION_SCHEMA = {"citing_id": pl.String, "cited_id": pl.String, "in_table": pl.Boolean}


def number_index(patents: pl.DataFrame) -> pl.DataFrame:
    """Make the table by which cited numbers are found among the patents.

    Parameters
    ----------
    patents : polars.DataFrame
        ``patent_id, application_number, publication_number`` of the patents that stay.

    Returns
    -------
    polars.DataFrame
        ``number`` and ``patent_id``, each number once: the ids themselves, then the publication and
        application numbers, then their keys (see `patentmetrics.read.numbers`); where two patents share a
        key, as A and B of one application do, it is the first's.

    Examples
    --------
    >>> patents = pl.DataFrame({"patent_id": ["CN101234567B"], "publication_number": ["CN101234567B"],
    ...                         "application_number": [None]})
    >>> number_index(patents)["number"].to_list()
    ['CN101234567B', 'CN101234567']
    """
    patents = patents.with_columns(pl.col("application_number", "publication_number").cast(pl.String))
    published = normalise_numbers(patents["publication_number"])
    filed = normalise_numbers(patents["application_number"], role="application")
    # the application numbers of some sources look like publications of another patent
    is_filed = pl.Series(filed["role"] == "application").fill_null(value=False)
    parts = [
        patents.select(pl.col("patent_id").alias("number"), "patent_id"),
        patents.select(pl.col("publication_number").alias("number"), "patent_id"),
        patents.filter(is_filed).select(pl.col("application_number").alias("number"), "patent_id"),
        patents.select(published["key"].alias("number"), "patent_id"),
        patents.filter(is_filed).select(filed["key"].filter(is_filed).alias("number"), "patent_id"),
    ]
    return pl.concat(parts).drop_nulls("number").unique("number", keep="first", maintain_order=True)


def citations_of(patents: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """List the citations of some patents.

    Parameters
    ----------
    patents : polars.DataFrame
        ``patent_id`` and ``cited_patents``.
    index : polars.DataFrame
        See `number_index`.

    Returns
    -------
    polars.DataFrame
        ``citing_id, cited_id, in_table``: the cited patent's id where it is in the table, otherwise its
        number, normalised where it is regular. A pair occurs once.

    Examples
    --------
    >>> patents = pl.DataFrame({"patent_id": ["a"], "cited_patents": [["CN101234567A", "US5123456"]]})
    >>> index = pl.DataFrame({"number": ["CN101234567"], "patent_id": ["b"]})
    >>> citations_of(patents, index).rows()
    [('a', 'b', True), ('a', 'US5123456', False)]
    """
    long = patents.select(pl.col("patent_id").alias("citing_id"), cited="cited_patents").explode("cited")
    long = long.filter(pl.col("cited").is_not_null())
    key = normalise_numbers(long["cited"])["key"]
    long = long.with_columns(key.alias("key"))
    found = long.join(
        index.rename({"patent_id": "exact_id"}), left_on="cited", right_on="number", how="left",
        maintain_order="left",
    ).join(
        index.rename({"patent_id": "key_id"}), left_on="key", right_on="number", how="left",
        maintain_order="left",
    )  # fmt: skip
    cited = pl.coalesce("exact_id", "key_id")
    return (
        found.select(
            "citing_id",
            cited_id=pl.coalesce(cited, "cited"),
            in_table=cited.is_not_null(),
        )
        .unique(["citing_id", "cited_id"], keep="first", maintain_order=True)
        .cast(CITATION_SCHEMA)  # type: ignore[arg-type]
    )
