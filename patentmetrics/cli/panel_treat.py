"""`patentmetrics panel treat`: from policy lists to the treatment of a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.core.types import Panel
    from patentmetrics.panel.policies import Policy

_FILE = click.Path(path_type=Path)


def _start(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - click's signature
    value: str,
) -> int | Literal["same", "next"]:
    if value == "same":
        return "same"
    if value == "next":
        return "next"
    if value.isdigit() and 1 <= int(value) <= 12:
        return int(value)
    raise click.BadParameter("same, next, or a month from 1 to 12")


@click.command()
@click.argument("panel", type=_FILE)
@click.option(
    "--policy", "policies", multiple=True, required=True, metavar="FILE|NAME",
    help="A list that ships (see `patentmetrics panel policies`) or a file. May be repeated.",
)  # fmt: skip
@click.option(
    "--start", default="same", show_default=True, callback=_start, metavar="same|next|MONTH",
    help="First year of treatment: the policy's, the next, or the next for policies from this month on.",
)  # fmt: skip
@click.option(
    "--level", type=click.Choice(["prefecture", "county", "province"]), default="prefecture",
    show_default=True, help="What a place of the panel is.",
)  # fmt: skip
@click.option(
    "--below", type=click.Choice(["error", "upper", "reject"]), default="error", show_default=True,
    help="Places of the list below that level: refuse, treat the place above, or leave out.",
)  # fmt: skip
@click.option(
    "--unresolved", type=click.Choice(["error", "reject"]), default="error", show_default=True,
    help="Names that are no place: refuse, or leave out and count.",
)  # fmt: skip
@click.option("--as-written", is_flag=True, help="Compare names letter by letter, without codes.")
@click.option("--base-year", type=int, help="The year of the panel's codes  [default: the last known]")
@click.option("--listing-years", is_flag=True, help="Take years of documents that list earlier pilots.")
@click.option("--combine", is_flag=True, help="With two policies: add the groups both, only one, neither.")
@click.option(
    "--same-prefecture", is_flag=True, help="Keep treated counties and others of their prefectures."
)
@click.option(
    "-o", "--output", type=_FILE, required=True,
    help="Panel to write (Parquet); what was rejected goes to its name with .rejected.csv.",
)  # fmt: skip
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    policies: tuple[str, ...],
    start: int | Literal["same", "next"],
    level: Literal["prefecture", "county", "province"],
    below: Literal["error", "upper", "reject"],
    unresolved: Literal["error", "reject"],
    as_written: bool,
    base_year: int | None,
    listing_years: bool,
    combine: bool,
    same_prefecture: bool,
    output: Path,
) -> None:
    """Add to PANEL the treatment by one policy list or several.

    One list makes cohort, treated and event_time; several make treated_NAME and so on for each. A list is
    YAML, or a table with the columns place and year (or date) and, at will, batch, end and code.

    Example: patentmetrics panel treat panel.parquet --policy broadband_china --start 7 --below upper
    -o treated.parquet
    """
    if combine and len(policies) != 2:
        raise click.UsageError("--combine is about exactly two --policy")
    if same_prefecture and (len(policies) != 1 or level != "county"):
        raise click.UsageError("--same-prefecture is about one --policy and --level county")

    from patentmetrics.core.provenance import is_simulated
    from patentmetrics.panel.files import read_panel, write_panel
    from patentmetrics.panel.policies import read_policy
    from patentmetrics.panel.policy_samples import combined_policies, same_prefecture_sample
    from patentmetrics.panel.policy_treatment import TreatmentRules, add_policies, add_policy
    from patentmetrics.places.codes import LAST_YEAR
    from patentmetrics.read.rejections import write_rejections

    base = read_panel(panel)
    lists = [read_policy(name) for name in policies]
    rules = TreatmentRules(
        start=start,
        level=level,
        below=below,
        unresolved=unresolved,
        places="as_written" if as_written else "codes",
        base_year=base_year or LAST_YEAR,
        listing_years=listing_years,
    )
    made = (
        add_policy(base, lists[0], rules=rules) if len(lists) == 1 else add_policies(base, lists, rules=rules)
    )
    result, sample = made.panel, None
    if combine:
        sample = combined_policies(result, lists[0].id, lists[1].id)
    if same_prefecture:
        sample = same_prefecture_sample(result, base_year=rules.base_year)
    result = sample.panel if sample is not None else result
    write_panel(_described(result, base, panel, lists, rules), output)
    rejected = output.with_name(f"{output.stem}.rejected.csv")
    if made.rejected.height:
        write_rejections(made.rejected, rejected)

    # a list that is not whole must not look like one that is
    for line in made.warnings:
        click.echo(f"WARNING: {line}", err=True)
    for line in result.log[len(base.log) :]:
        console.say(line)
    console.finish(
        {
            "output": output.name,
            "warnings": list(made.warnings),
            "policies": {one.id: one.status for one in lists},
            **_named(made.counts),
            **(sample.counts if sample is not None else {}),
            "rejected": rejected.name if made.rejected.height else "none",
            "simulated": result.simulated or is_simulated(result.made_by),
        }
    )


def _described(result: Panel, base: Panel, path: Path, lists: Sequence[Policy], rules: object) -> Panel:
    from dataclasses import asdict, replace

    from patentmetrics.core.provenance import file_identity, provenance

    made_by = provenance(
        "panel treat",
        settings=asdict(rules),  # type: ignore[call-overload]  # a dataclass it is
        inputs={
            "panel": dict(base.made_by) or file_identity(path),
            **{one.id: {"version": one.version, "status": one.status, "sha256": one.sha256} for one in lists},
        },
        counts={"rows": result.frame.height},
    )
    made_by |= {key: base.made_by[key] for key in ("simulated", "truth") if key in base.made_by}
    return replace(result, made_by=made_by)


def _named(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    return {f"counts of {name}": dict(numbers) for name, numbers in counts.items()}
