"""Which rows of a patent stay, decided row after row in plain Python."""

from __future__ import annotations

GRANTED = {"A": False, "B": True, "U": True}


def lost_rows(rows: list[dict], duplicates: str, publications: str, families: str) -> dict[int, str]:
    """Place → reason; kinds are A, B, U or None."""
    lost: dict[int, str] = {}
    if publications == "all":
        lose_duplicates(rows, lost, ("patent_id",), duplicates)
    else:
        lose_duplicates(rows, lost, ("patent_id", "publication_number"), duplicates)
        if publications == "granted":
            for place in left(rows, lost):
                if GRANTED.get(rows[place]["kind_code"]) is None:
                    lost[place] = "not known whether granted"
                elif not GRANTED[rows[place]["kind_code"]]:
                    lost[place] = "not a grant"
        lose_others(
            rows, lost, "application_number", by_publication, "another publication of the application"
        )
        lose_duplicates(rows, lost, ("patent_id",), duplicates)
    if families == "one":
        lose_others(rows, lost, "family_id", by_filing, "another member of the family")
    return lost


def left(rows: list[dict], lost: dict[int, str]) -> list[int]:
    return [place for place in range(len(rows)) if place not in lost]


def lose_duplicates(rows: list[dict], lost: dict[int, str], names: tuple[str, ...], duplicates: str) -> None:
    places = left(rows, lost)
    for place in places:
        alike = [one for one in places if all(rows[one][name] == rows[place][name] for name in names)]
        stays = alike[-1] if duplicates == "last" else alike[0]
        if place != stays:
            equal = rows[place]["same"] == rows[stays]["same"]
            lost[place] = "duplicate, the same row" if equal else "duplicate, a different row"


def lose_others(rows: list[dict], lost: dict[int, str], name: str, order: object, reason: str) -> None:
    places = left(rows, lost)
    for value in {rows[place][name] for place in places} - {None}:
        mine = [place for place in places if rows[place][name] == value]
        stays = min(mine, key=lambda place: (*order(rows[place]), place))  # type: ignore[operator]
        lost |= {place: reason for place in mine if place != stays}


def by_publication(row: dict) -> tuple:
    granted = GRANTED.get(row["kind_code"])
    return (*day(row["publication_date"]), 2 if granted is None else int(granted))


def by_filing(row: dict) -> tuple:
    return (*day(row["filing_date"]), *day(row["publication_date"]))


def day(date: object) -> tuple:
    """The known days in their order, the unknown ones last."""
    return (1, "") if date is None else (0, str(date))
