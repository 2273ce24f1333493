"""How each office writes its numbers, as expressions: the number, its role, kind, key, and what is wrong.

Every form takes the number without its office's letters, the office, and the role asked for; it gives
expressions ``number, role, kind_code, key, problem``, and ``checked`` for China: whether the check digit
was ``written`` or computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import polars as pl

Form = Callable[[pl.Expr, pl.Expr, Literal["application", "publication"] | None], dict[str, pl.Expr]]

_KIND = r"([A-Z][0-9]?)?"
# the year and the type: 1 invention, 2 utility model, 3 design, 8 and 9 the same two from the PCT
_CN_LONG = r"20(?:0[3-9]|[1-9][0-9])[12389][0-9]{7}"
_CN_SHORT = r"(?:8[5-9]|9[0-9]|0[0-3])[12389][0-9]{5}"
_CN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def cn_check_digits(bodies: pl.Series) -> pl.Series:
    """Compute the check digits (校验位) of Chinese application numbers of 8 or 12 digits.

    Each digit is multiplied by 2, 3, … 9, 2, 3, 4, 5 in turn; the sum modulo 11 is the digit, X for 10.

    Examples
    --------
    >>> cn_check_digits(pl.Series(["200310102344", "85100001", None])).to_list()
    ['5', '0', None]
    """
    body, number = pl.col("body"), pl.col("number")
    # eight digits with four zeros behind them: the weights are those of the first places
    padded = pl.when(body.str.len_bytes() == 8).then(body + "0000").otherwise(body)
    total = pl.sum_horizontal(
        number // 10 ** (11 - place) % 10 * weight for place, weight in enumerate(_CN_WEIGHTS)
    )
    rests = pl.DataFrame({"body": bodies}).select(number=padded.cast(pl.Int64)).select(rest=total % 11)
    digit = pl.when(pl.col("rest") == 10).then(pl.lit("X")).otherwise(pl.col("rest").cast(pl.String))
    return rests.with_columns(digit=pl.when(pl.Series(bodies.is_not_null())).then(digit))["digit"]


def cn_form(
    rest: pl.Expr,
    office: pl.Expr,  # noqa: ARG001 - all forms take the same arguments
    role: Literal["application", "publication"] | None,  # noqa: ARG001 - the digits say which
) -> dict[str, pl.Expr]:
    """Read Chinese numbers; the digits say whether it is an application or a publication.

    Examples
    --------
    >>> form = cn_form(pl.lit("101234567A"), pl.lit("CN"), None)
    >>> pl.select(form["number"], key=form["key"]).row(0)
    ('CN101234567A', 'CN101234567')
    """
    pattern = rf"^({_CN_LONG}|{_CN_SHORT})(?:\.?([0-9X]))?$"
    body, check = rest.str.extract(pattern, 1), rest.str.extract(pattern, 2)
    computed = body.map_batches(cn_check_digits, return_dtype=pl.String)
    is_application = body.is_not_null()
    wrong = is_application & check.is_not_null() & (check != computed)
    application = pl.concat_str(pl.lit("CN"), body, pl.lit("."), check.fill_null(computed))

    published = rf"^([1-3][0-9]{{6}}|[1-3][0-9]{{8}}|(?:8[5-9]|9[0-2])[1-3][0-9]{{5}}){_KIND}$"
    digits = pl.when(~is_application).then(rest.str.extract(published, 1))
    kind = pl.when(~is_application).then(rest.str.extract(published, 2))
    # documents of seven digits have the number of others that differ in the kind only; 2 and 3 are the
    # utility models and the designs, one series each
    old = digits.str.len_chars() == 7
    first = digits.str.slice(0, 1)
    kind_needed = old & (first == "1")
    letter = pl.when(kind_needed).then(kind.str.slice(0, 1)).otherwise(pl.lit(""))
    publication = pl.concat_str(pl.lit("CN"), digits, kind.fill_null(""))
    return {
        "number": pl.coalesce(application, publication),
        "role": _role(is_application, digits.is_not_null()),
        "kind_code": kind,
        "key": pl.when(is_application & ~wrong)
        .then(application)
        .otherwise(pl.concat_str(pl.lit("CN"), digits, letter)),
        "problem": pl.when(wrong)
        .then(pl.lit("wrong check digit"))
        .when(~is_application & digits.is_null())
        .then(pl.lit("no regular number"))
        .when(kind_needed & kind.is_null())
        .then(pl.lit("no kind code")),
        "checked": pl.when(check.is_not_null()).then(pl.lit("written")).otherwise(pl.lit("computed")),
    }


def us_form(
    rest: pl.Expr,
    office: pl.Expr,  # noqa: ARG001 - all forms take the same arguments
    role: Literal["application", "publication"] | None,
) -> dict[str, pl.Expr]:
    """Read American numbers: grants, published applications, and with their role applications as filed.

    Examples
    --------
    >>> form = us_form(pl.lit("2004/0123456A1"), pl.lit("US"), None)
    >>> pl.select(form["number"], key=form["key"]).row(0)
    ('US20040123456A1', 'US20040123456')
    """
    filed = r"^(?:([0-9]{2})/([0-9]{6})|([0-9]{1,2}?)([0-9]{6}))$" if role == "application" else (
        r"^([0-9]{2})/([0-9]{6})()()$"
    )  # fmt: skip
    series = pl.coalesce(rest.str.extract(filed, 1), rest.str.extract(filed, 3)).str.zfill(2)
    serial = pl.coalesce(rest.str.extract(filed, 2), rest.str.extract(filed, 4))
    application = pl.concat_str(pl.lit("US"), series, pl.lit("/"), serial)

    # six digits, the first zero left out, are DOCDB's; with a slash and six it is a WO number
    pregrant = rf"^(20(?:0[1-9]|[1-9][0-9]))(?:/([0-9]{{7}})|([0-9]{{6,7}})){_KIND}$"
    special = rf"^(RE|PP|D|H|T|AI|X)0*([1-9][0-9]{{0,6}}){_KIND}$"
    plain = rf"^0*([1-9][0-9]{{0,7}}){_KIND}$"
    document = pl.coalesce(
        pl.concat_str(
            rest.str.extract(pregrant, 1),
            pl.coalesce(rest.str.extract(pregrant, 2), rest.str.extract(pregrant, 3)).str.zfill(7),
        ),
        pl.concat_str(rest.str.extract(special, 1), rest.str.extract(special, 2)),
        rest.str.extract(plain, 1),
    )
    kind = pl.when(serial.is_null()).then(
        pl.coalesce(rest.str.extract(pregrant, 4), rest.str.extract(special, 3), rest.str.extract(plain, 2))
    )
    return _document("US", application, serial.is_not_null(), document, kind)


def ep_form(
    rest: pl.Expr,
    office: pl.Expr,  # noqa: ARG001 - all forms take the same arguments
    role: Literal["application", "publication"] | None,
) -> dict[str, pl.Expr]:
    """Read numbers of the European Patent Office: seven digits; applications eight and a check digit.

    Examples
    --------
    >>> pl.select(ep_form(pl.lit("871285A1"), pl.lit("EP"), None)["number"]).item()
    'EP0871285A1'
    """
    filed = r"^([0-9]{8})(?:\.[0-9])?$" if role == "application" else r"^([0-9]{8})\.[0-9]$"
    serial = rest.str.extract(filed, 1)
    published = rf"^0*([1-9][0-9]{{0,6}}){_KIND}$"
    document = pl.when(serial.is_null()).then(rest.str.extract(published, 1).str.zfill(7))
    kind = pl.when(serial.is_null()).then(rest.str.extract(published, 2))
    return _document("EP", pl.lit("EP") + serial, serial.is_not_null(), document, kind)


def wo_form(
    rest: pl.Expr,
    office: pl.Expr,  # noqa: ARG001 - all forms take the same arguments
    role: Literal["application", "publication"] | None,  # noqa: ARG001 - the form says which
) -> dict[str, pl.Expr]:
    """Read international publications, the year in two or four digits, and PCT applications.

    Examples
    --------
    >>> pl.select(wo_form(pl.lit("99/12345"), pl.lit("WO"), None)["number"]).item()
    'WO1999012345'
    """
    filed = r"^PCT/?([A-Z]{2})/?([0-9]{4}|[0-9]{2})/([0-9]{5,6})$"
    country, filed_year = rest.str.extract(filed, 1), _full_year(rest.str.extract(filed, 2))
    serial = rest.str.extract(filed, 3).str.zfill(6)
    application = pl.concat_str(pl.lit("PCT/"), country, filed_year, pl.lit("/"), serial)
    long = rf"^((?:19|20)[0-9]{{2}})(?:/([0-9]{{5,6}})|([0-9]{{6}})){_KIND}$"
    short = rf"^(7[89]|[89][0-9]|0[0-3])/?([0-9]{{5,6}}){_KIND}$"
    document = pl.coalesce(
        pl.concat_str(
            rest.str.extract(long, 1),
            pl.coalesce(rest.str.extract(long, 2), rest.str.extract(long, 3)).str.zfill(6),
        ),
        pl.concat_str(_full_year(rest.str.extract(short, 1)), rest.str.extract(short, 2).str.zfill(6)),
    )
    kind = pl.coalesce(rest.str.extract(long, 4), rest.str.extract(short, 3))
    return _document("WO", application, country.is_not_null(), document, kind)


def jp_form(
    rest: pl.Expr,
    office: pl.Expr,  # noqa: ARG001 - all forms take the same arguments
    role: Literal["application", "publication"] | None,  # noqa: ARG001 - the same digits are both
) -> dict[str, pl.Expr]:
    """Read Japanese numbers: year and six digits, era (H05…) and six digits, grants of seven.

    Examples
    --------
    >>> pl.select(jp_form(pl.lit("H5-244775A"), pl.lit("JP"), None)["number"]).item()
    'JPH05244775A'
    """
    dated = rf"^((?:19|20)[0-9]{{2}})(?:-([0-9]{{1,6}})|([0-9]{{6}})){_KIND}$"
    era = rf"^([MTSHR])(?:([0-9]{{1,2}})-([0-9]{{1,6}})|([0-9]{{2}})([0-9]{{6}})){_KIND}$"
    granted = rf"^([0-9]{{7}}){_KIND}$"
    document = pl.coalesce(
        pl.concat_str(
            rest.str.extract(dated, 1),
            pl.coalesce(rest.str.extract(dated, 2), rest.str.extract(dated, 3)).str.zfill(6),
        ),
        pl.concat_str(
            rest.str.extract(era, 1),
            pl.coalesce(rest.str.extract(era, 2), rest.str.extract(era, 4)).str.zfill(2),
            pl.coalesce(rest.str.extract(era, 3), rest.str.extract(era, 5)).str.zfill(6),
        ),
        rest.str.extract(granted, 1),
    )
    kind = pl.coalesce(rest.str.extract(dated, 4), rest.str.extract(era, 6), rest.str.extract(granted, 2))
    return _document("JP", None, pl.lit(value=False), document, kind, utility_apart=True)


def kr_form(
    rest: pl.Expr,
    office: pl.Expr,  # noqa: ARG001 - all forms take the same arguments
    role: Literal["application", "publication"] | None,
) -> dict[str, pl.Expr]:
    """Read Korean numbers: year and seven digits as published, 10- or 20- and seven digits as granted.

    Examples
    --------
    >>> pl.select(kr_form(pl.lit("10-2004-0012345A"), pl.lit("KR"), None)["number"]).item()
    'KR20040012345A'
    """
    dated = rf"^(?:([123]0)-?)?((?:19|20)[0-9]{{2}})-?([0-9]{{7}}){_KIND}$"
    granted = rf"^([123]0)-?([0-9]{{7}}){_KIND}$"
    right, serial = rest.str.extract(dated, 1), rest.str.extract(dated, 3)
    year_and_serial = pl.concat_str(rest.str.extract(dated, 2), serial)
    kind = pl.coalesce(rest.str.extract(dated, 4), rest.str.extract(granted, 3))
    if role == "application":
        filed = pl.concat_str(pl.lit("KR"), right.fill_null("10"), year_and_serial)
        return _document("KR", filed, serial.is_not_null(), pl.lit(None, dtype=pl.String), kind)
    # 20- is a utility model also where no kind says so
    kind = pl.when(kind.is_null() & (right == "20")).then(pl.lit("U")).otherwise(kind)
    document = pl.coalesce(
        year_and_serial, pl.concat_str(rest.str.extract(granted, 1), rest.str.extract(granted, 2))
    )
    return _document("KR", None, pl.lit(value=False), document, kind, utility_apart=True)


def other_form(
    rest: pl.Expr,
    office: pl.Expr,
    role: Literal["application", "publication"] | None,  # noqa: ARG001 - not told apart
) -> dict[str, pl.Expr]:
    """Read numbers of all other offices: letters in front, digits without marks and leading zeros, a kind.

    Examples
    --------
    >>> pl.select(other_form(pl.lit("10 2004 012345A1"), pl.lit("DE"), None)["number"]).item() is None
    True
    >>> pl.select(other_form(pl.lit("0399980B"), pl.lit("AT"), None)["number"]).item()
    'AT399980B'
    """
    pattern = rf"^([A-Z]{{0,2}})0*([1-9][0-9]*){_KIND}$"
    plain = rest.str.replace_all(r"[-./]", "")
    document = pl.concat_str(plain.str.extract(pattern, 1), plain.str.extract(pattern, 2))
    return _document(
        office, None, pl.lit(value=False), document, plain.str.extract(pattern, 3), utility_apart=True
    )


def _document(
    office: str | pl.Expr,
    application: pl.Expr | None,
    is_application: pl.Expr,
    document: pl.Expr,
    kind: pl.Expr,
    *,
    utility_apart: bool = False,
) -> dict[str, pl.Expr]:
    letters = pl.lit(office) if isinstance(office, str) else office
    filed = pl.lit(None, dtype=pl.String) if application is None else application
    # utility models and patents are numbered apart, and can have the same digits
    apart = kind.str.slice(0, 1).is_in(["U", "Y"]).fill_null(value=False) if utility_apart else False
    suffix = pl.when(apart).then(pl.lit("U")).otherwise(pl.lit(""))
    return {
        "number": pl.coalesce(filed, pl.concat_str(letters, document, kind.fill_null(""))),
        "role": _role(is_application, document.is_not_null()),
        # of a number that is not regular nothing is known
        "kind_code": pl.when(pl.coalesce(filed, document).is_not_null()).then(kind),
        "key": pl.coalesce(filed, pl.concat_str(letters, document, suffix)),
        "problem": pl.when(~is_application & document.is_null()).then(pl.lit("no regular number")),
    }


def _role(is_application: pl.Expr, is_publication: pl.Expr) -> pl.Expr:
    return (
        pl.when(is_application).then(pl.lit("application")).when(is_publication).then(pl.lit("publication"))
    )


def _full_year(year: pl.Expr) -> pl.Expr:
    """Write the year of an international application with four digits; the treaty is of 1978."""
    century = pl.when(year >= "78").then(pl.lit("19")).otherwise(pl.lit("20"))
    return pl.when(year.str.len_chars() == 2).then(pl.concat_str(century, year)).otherwise(year)


FORMS: dict[str, Form] = {
    "CN": cn_form,
    "US": us_form,
    "EP": ep_form,
    "WO": wo_form,
    "JP": jp_form,
    "KR": kr_form,
}
