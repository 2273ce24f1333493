"""Patent numbers (申请号、公开号) in one spelling, so that the same document is the same string everywhere.

China: application numbers of 8 and of 12 digits with their check digit (GB/T 27721 and its forerunner
ZC 0006-2003), publication numbers of 7, 8 and 9 digits with their kind. United States: grants without
leading zeros, applications published since 2001 with seven digits after the year, RE, D, PP, H, T.
WO, EP, JP and KR as far as their numbers are regular; of other offices the letters and digits.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.read.number_forms import FORMS, other_form

Role = Literal["application", "publication"]

# WIPO ST.3, of offices that publish patents, and of states that did
_OFFICES = (
    "AL AM AP AR AT AU AZ BA BE BG BR BY CA CH CL CN CO CR CS CU CY CZ DD DE DK DO DZ EA EC EE EG EP ES FI "
    "FR GB GC GE GR GT HK HN HR HU ID IE IL IN IR IS IT JO JP KE KG KR KZ LT LU LV MA MC MD ME MK MN MO MT "
    "MW MX MY NI NL NO NZ OA PA PE PH PL PT RO RS RU SA SE SG SI SK SM SU SV TH TJ TM TN TR TT TW UA US UY "
    "UZ VE VN WO YU ZA ZM ZW"
)
OFFICES = tuple(_OFFICES.split())

# Excel shows a long number so, and saves what it shows: the number is lost
SCIENTIFIC = r"^[0-9]+(\.[0-9]+)?[eE]\+[0-9]+$|^[0-9]\.[0-9]+[eE][0-9]+$"
LOST = "number lost in scientific notation"
WRONG_CHECK_DIGIT = "wrong check digit"
NOT_REGULAR = "no regular number"
NO_OFFICE = "no office"
NO_KIND = "no kind code"
# spaces, and what Excel users put around a number to keep it text: '2010… or ="2010…"
_SPACES = r"[\s\u200b\ufeff]+"

_COLUMNS = {
    "number": pl.String,
    "office": pl.String,
    "role": pl.String,
    "kind_code": pl.String,
    "key": pl.String,
    "problem": pl.String,
}


def normalise_numbers(
    written: pl.Series, office: str | None = None, *, role: Role | None = None
) -> pl.DataFrame:
    """Give patent numbers one spelling each (专利号规范化).

    Read are, for one Chinese application, ``CN200310102344.5``, ``ZL 2003 1 0102344.5``,
    ``2003101023445`` and, of a source of Chinese patents, ``200310102344``; for one American grant
    ``US7,502,241``, ``US07502241B2`` and ``US-7502241-B2``; for one published application
    ``US2004/0123456 A1``, ``US20040123456`` and ``US2004123456A1``.

    Parameters
    ----------
    written : polars.Series
        Strings; null stays null.
    office : str, optional
        Two letters (WIPO ST.3): the office of numbers that do not name theirs. Without it only numbers are
        read whose form no other office has: Chinese application numbers with a check digit that fits, US
        applications as published (year and seven digits), WO (year and six), RE and PP.
    role : {'application', 'publication'}, optional
        What the numbers are, where the form can be both (American 8 digits); publication by default.

    Returns
    -------
    polars.DataFrame
        In the order of the input: ``number`` (``CN200310102344.5``, ``US7502241B2``), ``office``, ``role``,
        ``kind_code``, ``key`` (the number without its kind, except where another document of that office
        can have the same digits: what two spellings of one document share) and ``problem``: null, or one
        of ``wrong check digit``, ``number lost in scientific notation``, ``no regular number``, ``no
        office``, ``no kind code`` (of old Chinese publications, where the digits do not say which
        document). A number with one of the first four problems has no key.

    Raises
    ------
    SettingError
        The office is not one of `OFFICES`, or the role is unknown.

    Examples
    --------
    >>> numbers = pl.Series(["ZL 2003 1 0102344.5", "US07,502,241 B2", "CN200310102344.6", "2.0E+12"])
    >>> normalise_numbers(numbers).select("number", "key", "problem").rows()  # doctest: +NORMALIZE_WHITESPACE
    [('CN200310102344.5', 'CN200310102344.5', None), ('US7502241B2', 'US7502241', None),
     ('CN200310102344.6', None, 'wrong check digit'), (None, None, 'number lost in scientific notation')]
    """
    if role is not None:
        check_choice(role, ("application", "publication"), argument="role")
    if office is not None and office not in OFFICES:
        raise SettingError("the office is not known", where="office", got=office, hint="as in CN, US, EP, WO")
    text = pl.col("text")
    rows = (
        pl.DataFrame({"text": written.cast(pl.String)})
        .with_row_index("place")
        .with_columns(cleaned_numbers(text).str.to_uppercase())
        .with_columns(text.str.replace_all(",", "", literal=True))
    )
    lost = text.str.contains(SCIENTIFIC)
    rows = (
        rows.lazy().with_columns(problem=pl.when(lost).then(pl.lit(LOST)), **_office_and_rest(text)).collect()
    )
    rows = _with_default_office(rows, office, role)
    parts = [_none(rows.filter(text.is_null() | pl.col("problem").is_not_null()))]
    readable = rows.filter(text.is_not_null() & pl.col("problem").is_null())
    no_office = readable["office"].is_null()
    parts.append(_none(readable.filter(no_office).with_columns(problem=pl.lit(NO_OFFICE))))
    for name, group in readable.filter(~no_office).partition_by("office", as_dict=True).items():
        form = FORMS.get(str(name[0]), other_form)
        parts.append(_read(group, form(pl.col("rest"), pl.col("office"), role)))
    return pl.concat(parts).sort("place").select(pl.col(name).cast(dtype) for name, dtype in _COLUMNS.items())


def cleaned_numbers(column: pl.Expr) -> pl.Expr:
    """Bring numbers to half width and take out spaces and what keeps them text in Excel; empty is null.

    Examples
    --------
    >>> numbers = pl.DataFrame({"n": ["ＣＮ 2010", '="001"']})
    >>> numbers.select(cleaned_numbers(pl.col("n"))).to_series().to_list()
    ['CN2010', '001']
    """
    clean = column.str.normalize("NFKC").str.replace_all(_SPACES, "")
    clean = clean.str.strip_prefix("=").str.strip_prefix("'").str.strip_chars('"')
    return pl.when(clean != "").then(clean)


def _office_and_rest(text: pl.Expr) -> dict[str, pl.Expr]:
    # Google writes US-7502241-B2; HUPD puts the day behind: US20160001234A1-20160107
    plain = text.str.replace(r"^([A-Z]{2})-([0-9A-Z]+)-([A-Z][0-9]?)$", "${1}${2}${3}").str.replace(
        r"([A-Z][0-9]?)-[0-9]{8}$", "${1}"
    )
    names = "|".join(OFFICES)
    international = plain.str.contains(r"^PCT/?[A-Z]{2}")
    written = (
        pl.when(international)
        .then(pl.lit("WO"))
        .when(plain.str.contains(r"^ZL\d"))
        .then(pl.lit("CN"))
        .otherwise(plain.str.extract(rf"^({names})[^A-Z]", 1).fill_null(_with_prefix(plain)))
    )
    rest = (
        pl.when(international)
        .then(plain)
        .when(written.is_not_null())
        .then(plain.str.slice(2).str.strip_chars("-./"))
        .otherwise(plain)
    )
    return {"office": written, "rest": rest}


def _with_default_office(rows: pl.DataFrame, office: str | None, role: Role | None) -> pl.DataFrame:
    without = rows["office"].is_null()
    if not without.any():
        return rows
    given = pl.lit(office, dtype=pl.String) if office is not None else _inferred(pl.col("rest"), role)
    found = rows.filter(without).lazy().select("place", given=given).collect()
    return (
        rows.join(found, on="place", how="left")
        .with_columns(office=pl.coalesce("office", "given"))
        .drop("given")
    )


def _with_prefix(plain: pl.Expr) -> pl.Expr:
    """Find an office in front of letters that belong to the number: USRE38123, JPH05244775, DDxx."""
    return plain.str.extract(r"^(US|JP|TW|AU|IN|FR|GB|DE)(?:RE|PP|D|H|T|AI|X|S|M|R|I|U|A)[0-9]", 1)


def _inferred(plain: pl.Expr, role: Role | None) -> pl.Expr:
    """Find the office of forms that only one has; a Chinese application number must pass its check."""
    chinese = FORMS["CN"](plain, pl.lit("CN"), role)
    fits = (
        (chinese["role"] == "application") & (chinese["checked"] == "written") & chinese["problem"].is_null()
    )
    return (
        pl.when(fits)
        .then(pl.lit("CN"))
        .when(plain.str.contains(r"^20(?:0[1-9]|[1-9][0-9])/?[0-9]{7}(?:A[1-9]?)?$"))
        .then(pl.lit("US"))
        .when(plain.str.contains(r"^(?:19|20)[0-9]{2}/[0-9]{6}$"))
        .then(pl.lit("WO"))
        .when(plain.str.contains(r"^(?:RE|PP)[0-9]+(?:[A-Z][0-9]?)?$"))
        .then(pl.lit("US"))
    )


def _read(group: pl.DataFrame, form: dict[str, pl.Expr]) -> pl.DataFrame:
    # lazily: what the expressions share is then computed once
    read = group.lazy().select(
        "place",
        "office",
        *(form[name].cast(dtype).alias(name) for name, dtype in _COLUMNS.items() if name != "office"),
    )
    return read.select("place", *_COLUMNS).collect()


def _none(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "place",
        *(
            (pl.col(name) if name == "problem" else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in _COLUMNS.items()
        ),
    )
