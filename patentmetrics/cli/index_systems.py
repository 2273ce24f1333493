"""`patentmetrics index systems`: the index systems that ship with the package."""

from __future__ import annotations

import click

from patentmetrics.cli.console import Console, reporting


@click.command()
@click.argument("name", metavar="[NAME|FILE]", required=False)
@reporting
def command(console: Console, name: str | None) -> None:
    """List the index systems that ship with the package, or show the indicators of one; of a file, check it.

    Example: patentmetrics index systems urban_innovation_2026
    """
    from patentmetrics.index.systems import indicator_table, list_index_systems, read_index_system

    if name is None:
        listed = list_index_systems()
        if console.as_json:
            console.finish({"systems": listed.to_dicts()})
        for one in listed.to_dicts():
            console.say(
                f"{one['id']:<28}{one['indicators']:>3} indicators {one['dimensions']:>2} dimensions"
                f"  {one['title_en']}  {one['title_zh']}\n{'':<28}{one['source']}"
            )
        return
    system = read_index_system(name)
    table = indicator_table(system)
    for one in table.to_dicts():
        unit = f" ({one['unit_en']})" if one["unit_en"] else ""
        console.say(
            f"{one['dimension']:<14}{one['indicator']:<34}{'+' if one['direction'] == 'positive' else '−'} "
            f"{one['indicator_en']}{unit}  {one['indicator_zh']}"
        )
    console.finish(
        {
            "system": system.id,
            "title": f"{system.title_en}  {system.title_zh}",
            "source": system.source,
            "dimensions": [one.id for one in system.dimensions],
        }
        | ({"list": table.to_dicts()} if console.as_json else {"indicators": len(system.indicators)})
    )
