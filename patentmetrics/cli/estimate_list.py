"""`patentmetrics estimate list`: the registered models, or the settings of one."""

from __future__ import annotations

import click

from patentmetrics.cli.console import Console, reporting


@click.command()
@click.argument("model", required=False)
@reporting
def command(console: Console, *, model: str | None) -> None:
    """List the models, or the settings of one MODEL with their defaults.

    Example: patentmetrics estimate list

    Example: patentmetrics estimate list iv
    """
    from patentmetrics.estimate.model_help import list_models, list_settings

    if model is None:
        frame = list_models()
        if console.as_json:
            console.finish({"models": frame.to_dicts()})
            return
        width = max(len(name) for name in frame["model"])
        for row in frame.to_dicts():
            extra = "" if row["extra"] == "estimate" else f" [{row['extra']}]"
            console.say(f"{row['model']:<{width}}  {row['what']} {row['chinese']}{extra}")
        return
    settings = list_settings(model)
    if console.as_json:
        console.finish({"model": model, "settings": settings.to_dicts()})
        return
    for row in settings.to_dicts():
        default = "required" if row["default"] is None else f"default {row['default']}"
        console.say(f"{row['setting']}  ({row['type']}; {default})")
        if row["what"]:
            console.say(f"    {row['what']}")
