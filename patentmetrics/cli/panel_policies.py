"""`patentmetrics panel policies`: the policy lists that ship, listed and shown."""

from __future__ import annotations

import click

from patentmetrics.cli.console import Console, reporting


@click.group()
def command() -> None:
    """List and show the policy lists that ship, with their official sources."""


@command.command("list")
@reporting
def list_(console: Console) -> None:
    """List the policy lists that ship, and say which are partial.

    Example: patentmetrics panel policies list
    """
    from patentmetrics.panel.policies import list_policies

    listed = list_policies().to_dicts()
    if console.as_json:
        console.finish({"policies": listed})
    for one in listed:
        console.say(
            f"{one['id']:<20}{one['version']:<6}{one['places']:>5} places  "
            f"{one['first_year']}–{one['last_year']}  {one['title_en']}  {one['title_zh']}"
        )
        if one["warning"]:
            console.say(f"{'':<20}WARNING: {one['warning']}")


@command.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--places", is_flag=True, help="Print every place with its year too.")
@reporting
def show(console: Console, name: str, *, places: bool) -> None:
    """Show a policy list: source, status, batches, note.

    Example: patentmetrics panel policies show broadband_china
    """
    from patentmetrics.panel.policies import describe_policy, read_policy

    policy = read_policy(name)
    described = describe_policy(policy)
    if policy.warning:
        console.say(f"WARNING: {policy.warning}")
    if places and not console.as_json:
        for place, named, year in policy.frame.select("place", "named", "year").rows():
            console.say(f"{year}  {place}{f'  ({named})' if named else ''}")
    rows = {"rows": policy.frame.to_dicts()} if places and console.as_json else {}
    console.finish({**described, "warning": policy.warning or "none", **rows})
