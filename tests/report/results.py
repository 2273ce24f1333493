"""Made-up results, scores and frames for the tests of the report."""

from __future__ import annotations

import polars as pl

from patentmetrics.core.types import Result, Scores


def did(
    name: str = "(1)", *, simulated: bool = False, **terms: tuple[float, float | None, float | None]
) -> Result:
    """Make a result of ``term=(estimate, std_error, p_value)``; the effect is known when simulated."""
    rows = [
        {
            "model": name,
            "term": term,
            "estimate": estimate,
            "std_error": error,
            "statistic": None if error is None else estimate / error,
            "p_value": p_value,
            "conf_low": None if error is None else estimate - 2 * error,
            "conf_high": None if error is None else estimate + 2 * error,
            "n": 1140,
        }
        for term, (estimate, error, p_value) in (terms or {"treated": (0.26, 0.05, 0.0001)}).items()
    ]
    return Result(
        name=name,
        method="Two-way fixed effects",
        citation="Author 2020",
        estimates=pl.DataFrame(rows, schema_overrides={"std_error": pl.Float64, "p_value": pl.Float64}),
        statistics={"n": 1140, "r2_within": 0.1234, "clusters": 60},
        notes=("Errors clustered by place.",),
        outcome="patents",
        fixed_effects=("place", "year"),
        simulated=simulated,
        truth={"treated": 0.25} if simulated else {},
    )


def event_study(*, simulated: bool = True, missing: tuple[int, ...] = ()) -> Result:
    """Make an event study from −3 to 3, with or without a row for the base period."""
    rows = []
    for time in [time for time in range(-3, 4) if time not in missing]:
        effect, error = (0.25 if time >= 0 else 0.0), (None if time == -1 else 0.04)
        rows.append(
            {
                "model": "ES",
                "term": f"event_time_{time}",
                "event_time": time,
                "estimate": 0.0 if time == -1 else effect + 0.01 * time,
                "std_error": error,
                "statistic": None if error is None else (effect + 0.01 * time) / error,
                "p_value": None if error is None else 0.5,
                "conf_low": None if error is None else effect - 0.08,
                "conf_high": None if error is None else effect + 0.08,
                "n": 1140,
            }
        )
    return Result(
        name="ES",
        method="Event study",
        citation="",
        estimates=pl.DataFrame(rows),
        statistics={"n": 1140, "r2_within": 0.2, "clusters": 60, "pretrend_p": 0.91},
        notes=(),
        outcome="patents",
        fixed_effects=("place", "year"),
        simulated=simulated,
        truth={f"event_time_{time}": 0.25 if time >= 0 else 0.0 for time in range(-3, 4)}
        if simulated
        else {},
    )


def scores(*, simulated: bool = False) -> Scores:
    """Make scores 1990–2003, windows complete 1993–2000; no patents in 1996, no breakthrough in 1997."""
    rows = []
    for year in [year for year in range(1990, 2004) if year != 1996]:
        for number in range(4):
            known = 1993 <= year <= 2000
            rows.append(
                {
                    "patent_id": f"P{year}{number}",
                    "year": year,
                    "breakthrough_5": 0.1 * number - 0.02 * (year - 1990) if known else None,
                    "is_breakthrough_5": (number == 3 and year != 1997) if known else None,
                    "backward_complete": year >= 1993,
                    "forward_complete_5": 1991 <= year <= 2000,
                }
            )
    frame = pl.DataFrame(rows).with_columns(pl.col("year").cast(pl.Int32))
    made_by: dict[str, object] = {"inputs": {"counts": {"settings": {"simulated": simulated}}}}
    return Scores(frame=frame, key="patent_id", made_by=made_by)


def documents() -> pl.DataFrame:
    """Make keyword frequencies of four places, one of them without a value."""
    return pl.DataFrame(
        {
            "place": ["北京", "呼和浩特", "台州", "三亚"],
            "year": [2024] * 4,
            "rule": ["substring"] * 4,
            "share_of_tokens": [0.012, 0.004, 0.0, None],
        }
    )


def divergence() -> pl.DataFrame:
    """Make the hits of four terms under three rules."""
    return pl.DataFrame(
        {
            "term": ["大数据", "区块链", "云计算", "5G"],
            "substring": [780, 285, 150, None],
            "longest": [760, 285, 150, 3],
            "token": [0, 0, 150, 3],
        }
    )


def technologies() -> pl.DataFrame:
    """Make the number of patents of three fields."""
    return pl.DataFrame({"field": ["Semiconductors", "Optics $ & <b>", "Basic_x"], "count": [1500, 210, 12]})
