"""One coder at work on one lexicon (编码会话): what is open, what is decided, what it changes; no page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import LexiconError, SettingError, check_choice
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import YAML_ENDINGS
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.format import LexiconFile, read_lexicon_file
from patentmetrics.lexicon.load import lexicon_of
from patentmetrics.lexicon.rules import RULES, Rule
from patentmetrics.text.normalise import normalise
from patentmetrics.workbench.coverage import coverage_change, term_table
from patentmetrics.workbench.decisions import (
    Decisions,
    HitJudgement,
    HitKey,
    TermDecision,
    decided,
    decisions_path,
    read_decisions,
    withdrawn,
    write_decisions,
)
from patentmetrics.workbench.draft import Draft, draft_lexicon, group_of
from patentmetrics.workbench.hits import Documents, hits_after, hits_of, lines_of, open_documents
from patentmetrics.workbench.yaml_edit import save_edited


@dataclass(frozen=True, kw_only=True, eq=False)
class Session:
    """What is open on the page.

    Parameters
    ----------
    documents : Documents
        The corpus.
    path : Path
        The lexicon's file; the decisions lie beside it.
    rule : {'substring', 'longest', 'token'}
        By which hits are counted.
    file : LexiconFile
        As it stands in its file.
    decisions : Decisions
        As they stand in theirs.
    draft : Draft
        The lexicon with the decisions.
    before, after : polars.DataFrame
        The hits of the file, and of the draft.
    """

    documents: Documents
    path: Path
    rule: Rule
    file: LexiconFile
    decisions: Decisions
    draft: Draft
    before: pl.DataFrame
    after: pl.DataFrame

    @property
    def coder(self) -> str:
        """Who decides."""
        return self.decisions.coder


def open_session(corpus: Corpus, path: Path | str, *, coder: str, rule: Rule | None = None) -> Session:
    """Open a lexicon on a corpus (打开编码会话); go on where this coder stopped.

    Parameters
    ----------
    corpus : Corpus
        Documents.
    path : Path or str
        A lexicon of one's own, ``.yml``: decisions are written beside it.
    coder : str
        Who decides; letters, digits, - and _.
    rule : {'substring', 'longest', 'token'}, optional
        By which hits are counted; by default that which the lexicon recommends, else ``substring``.

    Raises
    ------
    LexiconError, InputError, SettingError, DataError
        The lexicon or the decisions cannot be read, the lexicon ships with the package, the coder or the
        rule is none, or the decisions are about another lexicon.

    Examples
    --------
    >>> import shutil, tempfile
    >>> from patentmetrics.lexicon.load import find_lexicon
    >>> from patentmetrics.lexicon.sample import sample_corpus
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(shutil.copy(find_lexicon("science_attention_zhang2026"), folder))
    ...     session = open_session(sample_corpus(), path, coder="An")
    ...     decision = TermDecision(kind="reject", term="领军人才", reason="not of science")
    ...     session = decide(session, decision)
    >>> session.draft.outcomes
    {'领军人才': 'done'}
    """
    path = Path(path)
    if path.suffix not in YAML_ENDINGS:
        raise LexiconError("a lexicon is a .yml file", where=str(path))
    if path.resolve().is_relative_to(lexicon_folder().resolve()):
        raise LexiconError(
            "this lexicon ships with the package, and the next version would lose what you change in it",
            where=str(path),
            hint="copy it into a folder of yours, and open the copy",
        )
    beside = decisions_path(path, coder=coder)
    if rule is not None:
        check_choice(rule, RULES, argument="rule")
    file = read_lexicon_file(path)
    decisions = _read_beside(beside, file, coder)
    documents = open_documents(corpus)
    return _counted(documents, path, file, decisions, rule or file.match or "substring")


def decide(session: Session, *decisions: TermDecision | HitJudgement) -> Session:
    """Take decisions and write them to their file at once (记录判断).

    The file is read again first: what the same coder decided in another window stays. A term that is moved
    before it was ever saved is accepted into the other group instead.

    Raises
    ------
    OutputError
        The decisions cannot be written; the session is as it was.
    SettingError
        A source is new and has no citation, or a group is none of the lexicon's.
    """
    _check(session, decisions)
    now = decided(_current(session), *(_reaccepted(session, one) for one in decisions))
    return _with_decisions(session, now)


def withdraw(session: Session, key: str | HitKey) -> Session:
    """Take a decision about a term or a hit back (撤回判断), in the file too."""
    return _with_decisions(session, withdrawn(_current(session), key))


def save(session: Session, *, version: str) -> Session:
    """Write the draft over the lexicon's file (保存词典), under a new version or the old one.

    The file is read again first: what others changed in it meanwhile stays. Decisions stay in their file, for
    the agreement of coders.

    Raises
    ------
    LexiconError, OutputError, SettingError
        The file cannot be changed line by line, see `patentmetrics.workbench.yaml_edit.save_edited`, or the
        version is no text. The file is as it was.
    """
    if not version.strip() or not version.isprintable():
        raise SettingError("the version must be text", where="version", got=version)
    file = read_lexicon_file(session.path)
    drafted = draft_lexicon(file, _current(session)).file
    save_edited(session.path, file, replace(drafted, version=version.strip()))
    return refresh(session)


def refresh(session: Session) -> Session:
    """Read the lexicon and the decisions again where their files changed (刷新)."""
    file = read_lexicon_file(session.path)
    decisions = _current(session)
    if file == session.file and decisions == session.decisions:
        return session
    if file == session.file:
        return _with_draft(session, decisions)
    if _forms(file) == _forms(session.draft.file):
        before = session.after  # the draft was saved
    else:
        forms = _forms(session.file)
        before = hits_after(
            session.documents, session.before, before=forms, after=_forms(file), rule=session.rule
        )
    return _with_draft(replace(session, file=file, before=before), decisions)


def choose_rule(session: Session, rule: Rule) -> Session:
    """Count by another rule (更换计数规则)."""
    check_choice(rule, RULES, argument="rule")
    if rule == session.rule:
        return session
    return _counted(session.documents, session.path, session.file, session.decisions, rule)


def find_lines(session: Session, text: str) -> pl.DataFrame:
    """Give the hits of a term of the draft as the lexicon counts it, with its variants; else of any text.

    Examples
    --------
    >>> from patentmetrics.lexicon.sample import sample_corpus
    >>> from patentmetrics.lexicon.load import find_lexicon
    >>> import shutil, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(shutil.copy(find_lexicon("digital_technology"), folder))
    ...     session = open_session(sample_corpus(), path, coder="An", rule="longest")
    >>> [find_lines(session, one).height for one in ("数字产业", "数字产业化", "字产")]
    [6, 1, 7]
    """
    key = normalise(text)
    if not key.strip():
        raise SettingError("a text to look for is needed", where="text", got=text)
    forms = next(
        (
            term.forms
            for _, term in session.draft.file.terms()
            if key in {normalise(form) for form in term.forms}
        ),
        None,
    )
    if forms is None:
        return lines_of(session.documents, text, rule=session.rule)
    return session.after.filter(pl.col("term").is_in(forms))


def coverage(session: Session) -> pl.DataFrame:
    """Compare what the lexicon covers with and without the decisions; see `coverage_change`."""
    return coverage_change(
        session.before,
        session.after,
        files=(session.file, session.draft.file),
        decisions=session.decisions,
    )


def terms(session: Session) -> pl.DataFrame:
    """List the terms of the draft with hits and precision; see `term_table`."""
    return term_table(session.after, session.draft.file, session.decisions)


def draft_of(session: Session) -> Lexicon:
    """Give what is counted of the draft, for instance as seeds of candidates."""
    return lexicon_of(session.draft.file)


def next_version(version: str) -> str:
    """Suggest a version behind one (建议版本号): its last number one more.

    Examples
    --------
    >>> next_version("1.0"), next_version("2.9"), next_version("first")
    ('1.1', '2.10', 'first.1')
    """
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdecimal() else f"{version}.1"


def other_coders(session: Session) -> list[str]:
    """List the other coders whose decisions lie beside the lexicon (其他编码者), by name."""
    start, end = f"{session.path.stem}.decisions.", ".jsonl"
    names = [one.name for one in session.path.parent.iterdir()]
    coders = [name[len(start) : -len(end)] for name in names if name.startswith(start) and name.endswith(end)]
    return sorted(name for name in coders if name != session.coder)


def decisions_of(session: Session, coder: str) -> Decisions:
    """Read the decisions of another coder about the same lexicon (读取另一编码者的判断)."""
    return read_decisions(decisions_path(session.path, coder=coder))


def _check(session: Session, decisions: tuple[TermDecision | HitJudgement, ...]) -> None:
    sources = dict(session.draft.file.sources)
    paths = {group.path for group in session.file.groups}
    for one in decisions:
        if isinstance(one, HitJudgement):
            continue
        if one.group is not None and one.group not in paths:
            raise SettingError("the lexicon has no such group", where="group", got=" > ".join(one.group))
        if one.source and one.source not in sources and not one.citation:
            raise SettingError(
                "the lexicon does not have this source",
                where="source",
                got=one.source,
                hint="cite it in full",
            )


def _reaccepted(session: Session, one: TermDecision | HitJudgement) -> TermDecision | HitJudgement:
    if not isinstance(one, TermDecision) or one.kind != "move":
        return one
    earlier = session.decisions.terms.get(one.key)
    if earlier is None or earlier.kind != "accept" or group_of(session.file, one.term) is not None:
        return one
    return replace(earlier, group=one.group, reason=f"{earlier.reason}; {one.reason}".lstrip("; "))


def _current(session: Session) -> Decisions:
    return _read_beside(decisions_path(session.path, coder=session.coder), session.file, session.coder)


def _read_beside(path: Path, file: LexiconFile, coder: str) -> Decisions:
    if not path.exists():
        return Decisions(lexicon=file.id, coder=coder)
    found = read_decisions(path)
    if (found.lexicon, found.coder) != (file.id, coder):
        raise SettingError(
            "the file of decisions is about another lexicon, or of another coder",
            where=str(path),
            got=f"{found.lexicon}, {found.coder}",
            allowed=f"{file.id}, {coder}",
        )
    return found


def _with_decisions(session: Session, decisions: Decisions) -> Session:
    write_decisions(decisions, decisions_path(session.path, coder=session.coder))
    return _with_draft(session, decisions)


def _with_draft(session: Session, decisions: Decisions) -> Session:
    draft = draft_lexicon(session.file, decisions)
    after = hits_after(
        session.documents,
        session.after,
        before=_forms(session.draft.file),
        after=_forms(draft.file),
        rule=session.rule,
    )
    return replace(session, decisions=decisions, draft=draft, after=after)


def _counted(
    documents: Documents, path: Path, file: LexiconFile, decisions: Decisions, rule: Rule
) -> Session:
    draft = draft_lexicon(file, decisions)
    before = hits_of(documents, _forms(file), rule=rule)
    after = hits_after(documents, before, before=_forms(file), after=_forms(draft.file), rule=rule)
    return Session(
        documents=documents,
        path=path,
        rule=rule,
        file=file,
        decisions=decisions,
        draft=draft,
        before=before,
        after=after,
    )


def _forms(file: LexiconFile) -> list[str]:
    return [form for _, term in file.terms() for form in term.forms]
