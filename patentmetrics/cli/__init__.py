"""The command line: one file per command; each parses, calls one public function, prints.

Nothing heavy is imported here: a command's module is imported when the command is used, and the
libraries when it runs. `patentmetrics --help` stays fast that way.
"""

from __future__ import annotations

import importlib

import click

# command, of one word or two: (module, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Run the whole way on the bundled sample and write an HTML report."),
    "ingest": ("ingest", "Read a file of patents into the canonical table."),
    "places": ("places", "Give addresses the codes of city and county, in one base year."),
    "count": ("count", "Count the terms of patents into a counted corpus."),
    "count classes": ("count_classes", "Count the technology domains of patents, for scores by technology."),
    "count terms": ("count_terms", "Show a word's history: document frequency by year, first use."),
    "score": ("score", "Score patents: backward and forward similarity, breakthrough."),
    "validate": ("validate", "Check scores: distribution, persistence, citations, landmark patents."),
    "score neighbours": ("neighbours", "Find the most similar earlier and later patents, to read."),
    "match": ("match", "Match IPC symbols against a concordance."),
    "match report": ("match_report", "Report on matches: shares by technology and year, examples to read."),
    "concordance": ("concordance", "List, show, check and import tables from IPC symbols to technologies."),
    "policy": ("policy", "Count the terms of a lexicon in policy documents."),
    "lexicon": ("lexicon", "List, check, change and search lexicons; candidates and coverage in a corpus."),
    "panel": ("panel", "Aggregate to place × year, merge, check the balance, winsorise."),
    "yearbook": ("yearbook", "Read sheets of statistical yearbooks into rows with units, and a panel."),
    "panel fill": ("panel_fill", "Fill missing values, marked and counted; balance the panel."),
    "panel summary": ("panel_summary", "Descriptive statistics, regional means and growth, figures."),
    "panel export": ("panel_export", "Write a panel as Parquet, CSV, Excel or Stata, with its codebook."),
    "panel aggregate": (
        "panel_aggregate",
        "Any rows to place × year: counts, sums, means, top shares, per head.",
    ),
    "panel treat": ("panel_treat", "Make cohort, treated and event time from policy lists."),
    "panel policies": ("panel_policies", "List and show the policy lists that ship, with their sources."),
    "index": ("index", "Make a composite index of a panel's indicators, with its weights."),
    "index systems": ("index_systems", "List the index systems that ship, or show one."),
    "estimate": (
        "estimate",
        "Estimate any registered model; the robustness battery; the specification curve.",
    ),
    "run": ("run", "Run a study file from inputs to report."),
    "simulate": ("simulate", "Make a corpus or a panel with a known answer."),
    "codebook": ("codebook", "Print the codebook of all output columns."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take two words for a command where there is one of that name, as in ``score neighbours``."""
        both = " ".join(args[:2])
        if both in COMMANDS and len(args) > 1:
            return both, self.get_command(ctx, both), args[2:]
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the names in the order of the work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Import the module of a command and give its ``command``."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"patentmetrics.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="patentmetrics")
def main() -> None:
    """Turn patents and policy documents into variables, and those into estimates.

    Begin with `patentmetrics demo`. Each command has its own --help with an example.
    Exit status: 0 done, 1 the data is bad, 2 wrong usage.
    """
