"""Read a formula in the style of fixest, sign by sign."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from patentmetrics.core.errors import SettingError

# i(event_time, …) is an event study
EVENT_TIME = "event_time"
_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>`[^`]+`)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)(?!\w)"
    r"|(?P<name>[^\W\d](?:\w|\.(?=\w))*)|(?P<sign>[-~|+:*^(),=\[\]]))"
)


@dataclass(frozen=True, kw_only=True)
class Indicators:
    """``i(column, times, ref=…)``: an indicator for each level of a column, without the reference.

    ``times`` is a number that the indicators are multiplied with; ``window`` is (leads, lags) of an
    event study.
    """

    column: str
    times: str | None = None
    reference: str | None = None
    window: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A formula that was read (模型公式).

    Parameters
    ----------
    text : str
        As written.
    outcome : str
        Left of ``~``.
    terms : tuple
        Right of it: a tuple of columns is their product, of one column the column itself.
    fixed_effects : tuple of str or None
        Behind the first ``|``; None where there is none.
    endogenous, instruments : tuple of str
        Left and right of the second ``~``.
    """

    text: str
    outcome: str
    terms: tuple[tuple[str, ...] | Indicators, ...]
    fixed_effects: tuple[str, ...] | None
    endogenous: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()

    @property
    def event(self) -> Indicators | None:
        """The indicators of event time, where there are any."""
        found = (one for one in self.terms if isinstance(one, Indicators))
        return next((one for one in found if one.column == EVENT_TIME and one.times is None), None)


def parse_formula(text: str) -> Formula:
    """Read a formula (解析公式).

    ``y ~ x1 + x2 | place + year``: outcome, regressors, absorbed effects. ``a:b`` is a product, ``a*b``
    is ``a + b + a:b``; ``province^year`` an interaction of effects. ``y ~ x | place + year | d ~ z``: d is
    endogenous, z its instrument. ``i(region, ref=East)`` gives an indicator for each other level,
    ``i(region, x, ref=East)`` multiplies them with x; ``i(event_time, ref=-1, leads=4, lags=4)`` is an
    event study. Names that are no words stand in backticks.

    Raises
    ------
    SettingError
        What is no formula, at which sign; what fixest has and this has not, with what to write instead.

    Examples
    --------
    >>> formula = parse_formula("patents ~ treated + gdp:rail | place + province^year")
    >>> formula.terms, formula.fixed_effects
    ((('treated',), ('gdp', 'rail')), ('place', 'province^year'))
    """
    return _Reader(text).formula()


class _Reader:
    """Reads the signs of a formula one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.wrong("this is no sign of a formula", text[at:].strip()[:20])
            kind = match.lastgroup or ""
            value = match[kind].strip("`") if kind == "quoted" else match[kind]
            self.tokens.append(("name" if kind == "quoted" else kind, value))
            at = match.end()
        self.at = 0

    def formula(self) -> Formula:
        outcome = self.name("the outcome")
        self.sign("~")
        terms = self.terms()
        effects: tuple[str, ...] | None = None
        endogenous: tuple[str, ...] = ()
        instruments: tuple[str, ...] = ()
        while self.next_is("|"):
            start = self.at
            first = self.effects()
            if self.next_is("~"):
                self.at = start
                endogenous = self.columns()
                self.sign("~")
                instruments = self.columns()
                break
            if effects is not None:
                raise self.wrong("fixed effects are named twice", self.text)
            effects = first
        if self.at < len(self.tokens):
            raise self.wrong("the formula does not end here", self.tokens[self.at][1])
        return Formula(
            text=self.text,
            outcome=outcome,
            terms=tuple(dict.fromkeys(terms)),
            fixed_effects=effects,
            endogenous=endogenous,
            instruments=instruments,
        )

    def terms(self) -> list[tuple[str, ...] | Indicators]:
        found: list[tuple[str, ...] | Indicators] = []
        while True:
            if self.peek() == ("number", "1"):  # the constant is absorbed anyway
                self.at += 1
            else:
                found += self.term()
            if not self.next_is("+"):
                return found

    def term(self) -> Sequence[tuple[str, ...] | Indicators]:
        kind, value = self.peek()
        if (kind, value) == ("name", "i") and self.peek(1) == ("sign", "("):
            return [self.indicators()]
        factors: list[tuple[str, ...]] = [(self.name("a regressor"),)]
        if self.peek() == ("sign", "("):
            raise self.wrong(
                f"{value}(…) is not known here", value, hint="make the column in the panel, and name it"
            )
        if self.peek() == ("sign", "*"):
            while self.next_is("*"):
                factors.append((self.name("a regressor"),))
            if len(factors) > 2:
                raise self.wrong("a*b has two parts", self.text, hint="write the products out: a:b")
            return [*factors, factors[0] + factors[1]]
        product: tuple[str, ...] = factors[0]
        while self.next_is(":"):
            product += (self.name("a regressor"),)
        return [product]

    def indicators(self) -> Indicators:
        self.at += 2
        column, times, reference = self.name("a column"), None, None
        window: dict[str, int] = {}
        while self.next_is(","):
            key = self.value("a column or ref=")
            if not self.next_is("="):
                times = key
                continue
            value = self.value(f"a value of {key}")
            if key == "ref":
                reference = value
            elif key in {"leads", "lags"} and value.isdigit():
                window[key] = int(value)
            else:
                raise self.wrong(f"i(…) has no such setting: {key}={value}", key, hint="ref, leads, lags")
        self.sign(")")
        if len(window) == 1:
            raise self.wrong("leads and lags come together", self.text)
        if window and (column != EVENT_TIME or times is not None):
            raise self.wrong(f"leads and lags are for i({EVENT_TIME}, …)", column)
        return Indicators(
            column=column,
            times=times,
            reference=reference,
            window=(window["leads"], window["lags"]) if window else None,
        )

    def effects(self) -> tuple[str, ...]:
        found = []
        while True:
            if self.peek()[0] == "number":
                raise self.wrong(
                    "a model without fixed effects is not offered", self.peek()[1], hint="| place + year"
                )
            name = self.name("a fixed effect")
            while self.next_is("^"):
                name += f"^{self.name('a fixed effect')}"
            if self.peek() == ("sign", "["):
                raise self.wrong(
                    "slopes of an effect are not absorbed", name, hint=f"i({name}, t) behind ~ says the same"
                )
            found.append(name)
            if not self.next_is("+"):
                return tuple(dict.fromkeys(found))

    def columns(self) -> tuple[str, ...]:
        found = [self.name("a column")]
        while self.next_is("+"):
            found.append(self.name("a column"))
        return tuple(found)

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def next_is(self, sign: str) -> bool:
        if self.peek() != ("sign", sign):
            return False
        self.at += 1
        return True

    def sign(self, sign: str) -> None:
        if not self.next_is(sign):
            raise self.wrong(f"{sign} is expected", self.peek()[1] or "the end")

    def name(self, what: str) -> str:
        kind, value = self.peek()
        if kind != "name":
            raise self.wrong(f"{what} is expected", value or "the end")
        self.at += 1
        return value

    def value(self, what: str) -> str:
        kind, value = self.peek()
        if kind not in {"name", "number", "text"}:
            raise self.wrong(f"{what} is expected", value or "the end")
        self.at += 1
        return value[1:-1] if kind == "text" else value

    def wrong(self, what: str, got: str, *, hint: str | None = None) -> SettingError:
        return SettingError(
            what,
            where=f"formula: {self.text}",
            got=got,
            hint=hint or "for example y ~ x1 + x2 | place + year",
        )
