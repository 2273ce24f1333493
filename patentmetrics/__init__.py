"""From patents and policy documents to the variables of innovation economics, and to estimates.

Everything public is here, and loaded when first used:

>>> import patentmetrics as pm
>>> pm.column("breakthrough_5").label_en
'Breakthrough (5-year window)'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patentmetrics.classes.concordance import describe_concordance as describe_concordance
    from patentmetrics.classes.concordance import list_concordances as list_concordances
    from patentmetrics.classes.concordance import load_concordance as load_concordance
    from patentmetrics.classes.lint import lint_concordance as lint_concordance
    from patentmetrics.classes.match import class_indicators as class_indicators
    from patentmetrics.classes.match import match_classes as match_classes
    from patentmetrics.classes.official import import_official as import_official
    from patentmetrics.classes.profiles import count_classes as count_classes
    from patentmetrics.classes.symbols import parse_symbols as parse_symbols
    from patentmetrics.core.columns import codebook as codebook
    from patentmetrics.core.columns import column as column
    from patentmetrics.core.errors import PatentmetricsError as PatentmetricsError
    from patentmetrics.core.types import Concordance as Concordance
    from patentmetrics.core.types import Corpus as Corpus
    from patentmetrics.core.types import Lexicon as Lexicon
    from patentmetrics.core.types import Panel as Panel
    from patentmetrics.core.types import Result as Result
    from patentmetrics.core.types import Scores as Scores
    from patentmetrics.core.types import TermCounts as TermCounts
    from patentmetrics.counted.csr import to_csr as to_csr
    from patentmetrics.counted.extend import extend_counts as extend_counts
    from patentmetrics.counted.format import open_counts as open_counts
    from patentmetrics.estimate.battery import BatterySpec as BatterySpec
    from patentmetrics.estimate.battery import run_battery as run_battery
    from patentmetrics.estimate.curve import CurveSpec as CurveSpec
    from patentmetrics.estimate.curve import run_curve as run_curve
    from patentmetrics.estimate.did import DidSpec as DidSpec
    from patentmetrics.estimate.did import fit_did as fit_did
    from patentmetrics.estimate.event_study import EventStudySpec as EventStudySpec
    from patentmetrics.estimate.event_study import fit_event_study as fit_event_study
    from patentmetrics.estimate.files import read_results as read_results
    from patentmetrics.estimate.files import write_results as write_results
    from patentmetrics.estimate.fixed_effects import FixedEffectsSpec as FixedEffectsSpec
    from patentmetrics.estimate.fixed_effects import fit_fixed_effects as fit_fixed_effects
    from patentmetrics.estimate.models import fit as fit
    from patentmetrics.estimate.models import fit_all as fit_all
    from patentmetrics.estimate.selections import Selection as Selection
    from patentmetrics.execute.dask_ import on_dask as on_dask
    from patentmetrics.index.capital import capital_stock as capital_stock
    from patentmetrics.index.composite import CompositeIndex as CompositeIndex
    from patentmetrics.index.composite import composite_index as composite_index
    from patentmetrics.index.coupling import coupling_coordination as coupling_coordination
    from patentmetrics.index.dea import dea as dea
    from patentmetrics.index.location import co_agglomeration as co_agglomeration
    from patentmetrics.index.location import herfindahl as herfindahl
    from patentmetrics.index.location import industrial_structure as industrial_structure
    from patentmetrics.index.location import location_quotient as location_quotient
    from patentmetrics.index.malmquist import malmquist as malmquist
    from patentmetrics.index.primacy import rank_size as rank_size
    from patentmetrics.index.primacy import ratio_to_first_city as ratio_to_first_city
    from patentmetrics.index.resilience import resilience as resilience
    from patentmetrics.index.standardise import standardise as standardise
    from patentmetrics.index.systems import Dimension as Dimension
    from patentmetrics.index.systems import IndexSystem as IndexSystem
    from patentmetrics.index.systems import Indicator as Indicator
    from patentmetrics.index.systems import list_index_systems as list_index_systems
    from patentmetrics.index.systems import read_index_system as read_index_system
    from patentmetrics.index.weights_table import weights_table as weights_table
    from patentmetrics.lexicon.candidate_scores import CandidateSettings as CandidateSettings
    from patentmetrics.lexicon.candidates import find_candidates as find_candidates
    from patentmetrics.lexicon.concordance_lines import kwic as kwic
    from patentmetrics.lexicon.coverage import Coverage as Coverage
    from patentmetrics.lexicon.coverage import lexicon_coverage as lexicon_coverage
    from patentmetrics.lexicon.differences import diff_lexicons as diff_lexicons
    from patentmetrics.lexicon.format import LexiconFile as LexiconFile
    from patentmetrics.lexicon.format import LexiconGroup as LexiconGroup
    from patentmetrics.lexicon.format import LexiconTerm as LexiconTerm
    from patentmetrics.lexicon.format import read_lexicon_file as read_lexicon_file
    from patentmetrics.lexicon.frequencies import compare_rules as compare_rules
    from patentmetrics.lexicon.frequencies import keyword_frequencies as keyword_frequencies
    from patentmetrics.lexicon.importing import import_lexicon as import_lexicon
    from patentmetrics.lexicon.keyness import log_likelihood_keyness as log_likelihood_keyness
    from patentmetrics.lexicon.keyness import pointwise_mutual_information as pointwise_mutual_information
    from patentmetrics.lexicon.lint import lint_lexicon as lint_lexicon
    from patentmetrics.lexicon.load import list_lexicons as list_lexicons
    from patentmetrics.lexicon.load import load_lexicon as load_lexicon
    from patentmetrics.lexicon.merge import merge_lexicons as merge_lexicons
    from patentmetrics.lexicon.write import write_lexicon as write_lexicon
    from patentmetrics.panel.aggregate import aggregate_frequencies as aggregate_frequencies
    from patentmetrics.panel.aggregate import aggregate_matches as aggregate_matches
    from patentmetrics.panel.aggregate import aggregate_scores as aggregate_scores
    from patentmetrics.panel.balance import add_missing_rows as add_missing_rows
    from patentmetrics.panel.balance import balance as balance
    from patentmetrics.panel.balance import balance_panel as balance_panel
    from patentmetrics.panel.column_list import panel_codebook as panel_codebook
    from patentmetrics.panel.edges import aggregate_edges as aggregate_edges
    from patentmetrics.panel.edges import copatent_edges as copatent_edges
    from patentmetrics.panel.export import export_panel as export_panel
    from patentmetrics.panel.files import read_panel as read_panel
    from patentmetrics.panel.files import write_panel as write_panel
    from patentmetrics.panel.fill import count_filled as count_filled
    from patentmetrics.panel.fill import fill_panel as fill_panel
    from patentmetrics.panel.growth import add_growth as add_growth
    from patentmetrics.panel.growth import add_lag as add_lag
    from patentmetrics.panel.growth import add_lead as add_lead
    from patentmetrics.panel.logs import add_log as add_log
    from patentmetrics.panel.measures import Measure as Measure
    from patentmetrics.panel.merge import merge_panel as merge_panel
    from patentmetrics.panel.merge import outer_panel as outer_panel
    from patentmetrics.panel.place_years import aggregate as aggregate
    from patentmetrics.panel.policies import list_policies as list_policies
    from patentmetrics.panel.policies import read_policy as read_policy
    from patentmetrics.panel.policy_samples import combined_policies as combined_policies
    from patentmetrics.panel.policy_samples import same_prefecture_sample as same_prefecture_sample
    from patentmetrics.panel.policy_treatment import TreatmentRules as TreatmentRules
    from patentmetrics.panel.policy_treatment import add_policies as add_policies
    from patentmetrics.panel.policy_treatment import add_policy as add_policy
    from patentmetrics.panel.regions import add_region as add_region
    from patentmetrics.panel.sharing import with_places as with_places
    from patentmetrics.panel.summary import describe_panel as describe_panel
    from patentmetrics.panel.summary import mean_growth as mean_growth
    from patentmetrics.panel.summary import means_by_year as means_by_year
    from patentmetrics.panel.treatment import add_treatment as add_treatment
    from patentmetrics.panel.winsorise import winsorise as winsorise
    from patentmetrics.places.addresses import resolve_addresses as resolve_addresses
    from patentmetrics.places.addresses import unresolved_addresses as unresolved_addresses
    from patentmetrics.places.resolve import resolve_places as resolve_places
    from patentmetrics.read.choose import Choice as Choice
    from patentmetrics.read.numbers import normalise_numbers as normalise_numbers
    from patentmetrics.read.patents import ingest_into as ingest_into
    from patentmetrics.read.patents import ingest_patents as ingest_patents
    from patentmetrics.read.patents import read_patents as read_patents
    from patentmetrics.read.pieces import Reading as Reading
    from patentmetrics.read.policy import read_policy_folder as read_policy_folder
    from patentmetrics.read.yearbook import read_yearbook as read_yearbook
    from patentmetrics.read.yearbook_panel import yearbook_panel as yearbook_panel
    from patentmetrics.read.yearbook_units import convert_units as convert_units
    from patentmetrics.report.bars import plot_keyword_frequencies as plot_keyword_frequencies
    from patentmetrics.report.bars import plot_rule_divergence as plot_rule_divergence
    from patentmetrics.report.bars import plot_technologies as plot_technologies
    from patentmetrics.report.canvas import save_figure as save_figure
    from patentmetrics.report.figures import plot_breakthrough as plot_breakthrough
    from patentmetrics.report.figures import plot_event_study as plot_event_study
    from patentmetrics.report.formats import write_table as write_table
    from patentmetrics.report.history import plot_term_history as plot_term_history
    from patentmetrics.report.match_report import MatchReport as MatchReport
    from patentmetrics.report.match_report import match_report as match_report
    from patentmetrics.report.match_tables import match_tables as match_tables
    from patentmetrics.report.match_tables import plot_match_shares as plot_match_shares
    from patentmetrics.report.page import Picture as Picture
    from patentmetrics.report.page import Section as Section
    from patentmetrics.report.page import write_report as write_report
    from patentmetrics.report.panel_figures import plot_boxes as plot_boxes
    from patentmetrics.report.panel_figures import plot_density as plot_density
    from patentmetrics.report.panel_figures import plot_means as plot_means
    from patentmetrics.report.paneled import paneled_table as paneled_table
    from patentmetrics.report.summary_table import means_table as means_table
    from patentmetrics.report.summary_table import summary_table as summary_table
    from patentmetrics.report.tables import Table as Table
    from patentmetrics.report.tables import estimates_table as estimates_table
    from patentmetrics.report.tables import frame_table as frame_table
    from patentmetrics.report.validation import plot_citations as plot_citations
    from patentmetrics.report.validation import plot_distribution as plot_distribution
    from patentmetrics.report.validation import plot_landmarks as plot_landmarks
    from patentmetrics.report.validation import plot_persistence as plot_persistence
    from patentmetrics.report.validation_tables import validation_tables as validation_tables
    from patentmetrics.score.breakthrough import kept_shares as kept_shares
    from patentmetrics.score.forward_citations import count_forward_citations as count_forward_citations
    from patentmetrics.score.neighbours import neighbours as neighbours
    from patentmetrics.score.patents import score_patents as score_patents
    from patentmetrics.score.released_names import released_names as released_names
    from patentmetrics.score.settings import ScoreSettings as ScoreSettings
    from patentmetrics.score.settings import preset as preset
    from patentmetrics.score.validate import Validation as Validation
    from patentmetrics.score.validate import validate_scores as validate_scores
    from patentmetrics.score.weights import count_years as count_years
    from patentmetrics.simulate.corpus import simulate_corpus as simulate_corpus
    from patentmetrics.simulate.counts import simulate_counts as simulate_counts
    from patentmetrics.simulate.panel import deal_places as deal_places
    from patentmetrics.simulate.panel import simulate_panel as simulate_panel
    from patentmetrics.study.run import run_study as run_study
    from patentmetrics.study.specification import read_study as read_study
    from patentmetrics.text.counts import count_terms as count_terms
    from patentmetrics.text.dictionary import load_dictionary as load_dictionary
    from patentmetrics.text.english import EnglishRules as EnglishRules
    from patentmetrics.text.further import count_further as count_further
    from patentmetrics.text.history import term_history as term_history
    from patentmetrics.text.presets import text_preset as text_preset
    from patentmetrics.text.rules import TextRules as TextRules
    from patentmetrics.text.segmenters import segment as segment
    from patentmetrics.text.settings import TextSettings as TextSettings
    from patentmetrics.text.stopwords import load_stopwords as load_stopwords
    from patentmetrics.text.terms import TermRules as TermRules
    from patentmetrics.text.token_ids import merge_words as merge_words
    from patentmetrics.text.token_ids import segment_ids as segment_ids
    from patentmetrics.text.token_ids import token_strings as token_strings
    from patentmetrics.text.user_word import UserWord as UserWord
    from patentmetrics.text.user_words import dictionary_with as dictionary_with
    from patentmetrics.text.user_words import read_user_dictionary as read_user_dictionary
    from patentmetrics.workbench.agreement import agreement as agreement
    from patentmetrics.workbench.agreement import cohen_kappa as cohen_kappa
    from patentmetrics.workbench.decisions import read_decisions as read_decisions

_HOMES = {
    "BatterySpec": "estimate.battery",
    "CandidateSettings": "lexicon.candidate_scores",
    "Choice": "read.choose",
    "CompositeIndex": "index.composite",
    "Concordance": "core.types",
    "Corpus": "core.types",
    "Coverage": "lexicon.coverage",
    "CurveSpec": "estimate.curve",
    "DidSpec": "estimate.did",
    "Dimension": "index.systems",
    "EnglishRules": "text.english",
    "EventStudySpec": "estimate.event_study",
    "FixedEffectsSpec": "estimate.fixed_effects",
    "IndexSystem": "index.systems",
    "Indicator": "index.systems",
    "Lexicon": "core.types",
    "LexiconFile": "lexicon.format",
    "LexiconGroup": "lexicon.format",
    "LexiconTerm": "lexicon.format",
    "MatchReport": "report.match_report",
    "Measure": "panel.measures",
    "Panel": "core.types",
    "PatentmetricsError": "core.errors",
    "Picture": "report.page",
    "Reading": "read.pieces",
    "Result": "core.types",
    "ScoreSettings": "score.settings",
    "Scores": "core.types",
    "Section": "report.page",
    "Selection": "estimate.selections",
    "Table": "report.tables",
    "TermCounts": "core.types",
    "TermRules": "text.terms",
    "TextRules": "text.rules",
    "TextSettings": "text.settings",
    "TreatmentRules": "panel.policy_treatment",
    "UserWord": "text.user_word",
    "Validation": "score.validate",
    "add_growth": "panel.growth",
    "add_lag": "panel.growth",
    "add_lead": "panel.growth",
    "add_log": "panel.logs",
    "add_missing_rows": "panel.balance",
    "add_policies": "panel.policy_treatment",
    "add_policy": "panel.policy_treatment",
    "add_region": "panel.regions",
    "add_treatment": "panel.treatment",
    "aggregate": "panel.place_years",
    "aggregate_edges": "panel.edges",
    "aggregate_frequencies": "panel.aggregate",
    "aggregate_matches": "panel.aggregate",
    "aggregate_scores": "panel.aggregate",
    "agreement": "workbench.agreement",
    "balance": "panel.balance",
    "balance_panel": "panel.balance",
    "capital_stock": "index.capital",
    "class_indicators": "classes.match",
    "co_agglomeration": "index.location",
    "codebook": "core.columns",
    "cohen_kappa": "workbench.agreement",
    "column": "core.columns",
    "combined_policies": "panel.policy_samples",
    "compare_rules": "lexicon.frequencies",
    "composite_index": "index.composite",
    "convert_units": "read.yearbook_units",
    "copatent_edges": "panel.edges",
    "count_classes": "classes.profiles",
    "count_filled": "panel.fill",
    "count_forward_citations": "score.forward_citations",
    "count_further": "text.further",
    "count_terms": "text.counts",
    "count_years": "score.weights",
    "coupling_coordination": "index.coupling",
    "dea": "index.dea",
    "deal_places": "simulate.panel",
    "describe_concordance": "classes.concordance",
    "describe_panel": "panel.summary",
    "dictionary_with": "text.user_words",
    "diff_lexicons": "lexicon.differences",
    "estimates_table": "report.tables",
    "export_panel": "panel.export",
    "extend_counts": "counted.extend",
    "fill_panel": "panel.fill",
    "find_candidates": "lexicon.candidates",
    "fit": "estimate.models",
    "fit_all": "estimate.models",
    "fit_did": "estimate.did",
    "fit_event_study": "estimate.event_study",
    "fit_fixed_effects": "estimate.fixed_effects",
    "frame_table": "report.tables",
    "herfindahl": "index.location",
    "import_lexicon": "lexicon.importing",
    "import_official": "classes.official",
    "industrial_structure": "index.location",
    "ingest_into": "read.patents",
    "ingest_patents": "read.patents",
    "kept_shares": "score.breakthrough",
    "keyword_frequencies": "lexicon.frequencies",
    "kwic": "lexicon.concordance_lines",
    "lexicon_coverage": "lexicon.coverage",
    "lint_concordance": "classes.lint",
    "lint_lexicon": "lexicon.lint",
    "list_concordances": "classes.concordance",
    "list_index_systems": "index.systems",
    "list_lexicons": "lexicon.load",
    "list_policies": "panel.policies",
    "load_concordance": "classes.concordance",
    "load_dictionary": "text.dictionary",
    "load_lexicon": "lexicon.load",
    "load_stopwords": "text.stopwords",
    "location_quotient": "index.location",
    "log_likelihood_keyness": "lexicon.keyness",
    "malmquist": "index.malmquist",
    "match_classes": "classes.match",
    "match_report": "report.match_report",
    "match_tables": "report.match_tables",
    "mean_growth": "panel.summary",
    "means_by_year": "panel.summary",
    "means_table": "report.summary_table",
    "merge_lexicons": "lexicon.merge",
    "merge_panel": "panel.merge",
    "merge_words": "text.token_ids",
    "neighbours": "score.neighbours",
    "normalise_numbers": "read.numbers",
    "on_dask": "execute.dask_",
    "open_counts": "counted.format",
    "outer_panel": "panel.merge",
    "panel_codebook": "panel.column_list",
    "paneled_table": "report.paneled",
    "parse_symbols": "classes.symbols",
    "plot_boxes": "report.panel_figures",
    "plot_breakthrough": "report.figures",
    "plot_citations": "report.validation",
    "plot_density": "report.panel_figures",
    "plot_distribution": "report.validation",
    "plot_event_study": "report.figures",
    "plot_keyword_frequencies": "report.bars",
    "plot_landmarks": "report.validation",
    "plot_match_shares": "report.match_tables",
    "plot_means": "report.panel_figures",
    "plot_persistence": "report.validation",
    "plot_rule_divergence": "report.bars",
    "plot_technologies": "report.bars",
    "plot_term_history": "report.history",
    "pointwise_mutual_information": "lexicon.keyness",
    "preset": "score.settings",
    "rank_size": "index.primacy",
    "ratio_to_first_city": "index.primacy",
    "read_decisions": "workbench.decisions",
    "read_index_system": "index.systems",
    "read_lexicon_file": "lexicon.format",
    "read_panel": "panel.files",
    "read_patents": "read.patents",
    "read_policy": "panel.policies",
    "read_policy_folder": "read.policy",
    "read_results": "estimate.files",
    "read_study": "study.specification",
    "read_user_dictionary": "text.user_words",
    "read_yearbook": "read.yearbook",
    "released_names": "score.released_names",
    "resilience": "index.resilience",
    "resolve_addresses": "places.addresses",
    "resolve_places": "places.resolve",
    "run_battery": "estimate.battery",
    "run_curve": "estimate.curve",
    "run_study": "study.run",
    "same_prefecture_sample": "panel.policy_samples",
    "save_figure": "report.canvas",
    "score_patents": "score.patents",
    "segment": "text.segmenters",
    "segment_ids": "text.token_ids",
    "simulate_corpus": "simulate.corpus",
    "simulate_counts": "simulate.counts",
    "simulate_panel": "simulate.panel",
    "standardise": "index.standardise",
    "summary_table": "report.summary_table",
    "term_history": "text.history",
    "text_preset": "text.presets",
    "to_csr": "counted.csr",
    "token_strings": "text.token_ids",
    "unresolved_addresses": "places.addresses",
    "validate_scores": "score.validate",
    "validation_tables": "report.validation_tables",
    "weights_table": "index.weights_table",
    "winsorise": "panel.winsorise",
    "with_places": "panel.sharing",
    "write_lexicon": "lexicon.write",
    "write_panel": "panel.files",
    "write_report": "report.page",
    "write_results": "estimate.files",
    "write_table": "report.formats",
    "yearbook_panel": "read.yearbook_panel",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - computed from the one list of homes


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(f"patentmetrics.{_HOMES[name]}"), name)
    # subpackages: `pm.text`, `pm.score` without an import of their own
    try:
        return importlib.import_module(f"patentmetrics.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"patentmetrics.{name}":
            raise
        raise AttributeError(f"module 'patentmetrics' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
