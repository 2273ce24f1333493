"""The names of the three rules by which the terms of a lexicon are counted (计数规则)."""

from __future__ import annotations

from typing import Literal, get_args

Rule = Literal["substring", "longest", "token"]
RULES: tuple[Rule, ...] = get_args(Rule)
