"""The registry of models: one name, one specification, one function each.

Modules are named, not imported: a model and its library are loaded when the model is used.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from patentmetrics.core.types import Panel, Result

Treatment = Literal["stays", "may_end", "none"]


@dataclass(frozen=True, kw_only=True)
class Model:
    """One registered model (模型登记项).

    Parameters
    ----------
    name : str
        What the command line and a study file call it.
    module, spec, function : str
        Where it is: a module of `patentmetrics.estimate`, its specification's class, its function.
    help : str
        One line.
    chinese : str
        The Chinese term.
    extra : str
        The extra to install: ``estimate``, ``dml``, ``bart``, ``wild``.
    citation : str
        Whose method it is.
    treatment : {"stays", "may_end", "none"}
        Whether its panel is checked as one of treated and untreated places
        (`patentmetrics.estimate.checks.check_treatment_panel`), and whether treatment may end there.
    """

    name: str
    module: str
    spec: str
    function: str
    help: str
    chinese: str
    extra: str
    citation: str
    treatment: Treatment

    def spec_class(self) -> type:
        """Import the class of its specification."""
        found: type = getattr(importlib.import_module(f"patentmetrics.estimate.{self.module}"), self.spec)
        return found

    def fit_function(self) -> Callable[[Panel, Any], Result | tuple[Result, ...]]:
        """Import its function; a stepwise table gives several results."""
        found: Callable[[Panel, Any], Result | tuple[Result, ...]] = getattr(
            importlib.import_module(f"patentmetrics.estimate.{self.module}"), self.function
        )
        return found

    def fields(self) -> tuple[str, ...]:
        """Import its specification, and give the names of its settings."""
        return tuple(one.name for one in dataclasses.fields(self.spec_class()))


# name, module, specification, function, extra, how its panel is checked for treatment; one line of help;
# the Chinese term; whose method
_ROWS: tuple[tuple[str, str, str, str, str, Treatment, str, str, str], ...] = (
    ("fixed_effects", "fixed_effects", "FixedEffectsSpec", "fit_fixed_effects", "estimate", "none",
     "Linear regression with any number of absorbed fixed effects.", "双向固定效应",
     "Correia 2017"),
    ("did", "did", "DidSpec", "fit_did", "estimate", "stays",
     "Difference in differences by two-way fixed effects.", "双重差分",
     "Correia 2017; on staggered treatment Goodman-Bacon 2021"),
    ("stepwise", "stepwise", "StepwiseSpec", "fit_stepwise", "estimate", "stays",
     "Difference in differences, controls added one at a time: one column each.", "逐步回归",
     "as did"),
    ("event_study", "event_study", "EventStudySpec", "fit_event_study", "estimate", "stays",
     "Effects by years before and after treatment, with the joint test of pre-trends.", "事件研究法",
     "Correia 2017; on staggered treatment Sun & Abraham 2021"),
    ("bacon", "bacon", "BaconSpec", "fit_bacon", "estimate", "stays",
     "What a two-way fixed-effects estimate is a mean of, comparison by comparison.", "Goodman-Bacon分解",
     "Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014"),
    ("callaway_santanna", "staggered_callaway", "CallawaySantannaSpec", "fit_callaway_santanna",
     "estimate", "stays", "Effects by cohort and year, doubly robust, and their averages.", "CS-DID",
     "Callaway & Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001"),
    ("sun_abraham", "staggered_sun_abraham", "SunAbrahamSpec", "fit_sun_abraham", "estimate", "stays",
     "An event study whose coefficients mix no cohorts.", "交互加权事件研究",
     "Sun & Abraham 2021, doi:10.1016/j.jeconom.2020.09.006"),
    ("imputation", "staggered_imputation", "ImputationSpec", "fit_imputation", "estimate", "stays",
     "Untreated outcomes imputed from untreated rows.", "插补估计",
     "Borusyak, Jaravel & Spiess 2024, doi:10.1093/restud/rdae007"),
    ("two_stage", "staggered_two_stage", "TwoStageSpec", "fit_two_stage", "estimate", "stays",
     "Effects from untreated rows first, then the treatment.", "两阶段双重差分",
     "Gardner 2022, arXiv:2207.05943"),
    ("extended_twfe", "staggered_etwfe", "ExtendedTwfeSpec", "fit_extended_twfe", "estimate", "stays",
     "Two-way fixed effects with an effect for each cohort and year.", "扩展双向固定效应",
     "Wooldridge 2021"),
    ("stacked", "stacked", "StackedSpec", "fit_stacked", "estimate", "stays",
     "Each cohort with clean controls, the stacks below one another.", "堆叠双重差分",
     "Cengiz, Dube, Lindner & Zipperer 2019, doi:10.1093/qje/qjz014"),
    ("synthetic", "synthetic", "SyntheticSpec", "fit_synthetic", "estimate", "stays",
     "Synthetic difference in differences, one or several dates of adoption.", "合成双重差分",
     "Arkhangelsky et al. 2021, doi:10.1257/aer.20190159"),
    ("triple", "triple", "TripleSpec", "fit_triple", "estimate", "stays",
     "Triple differences, all lower-order terms kept or absorbed.", "三重差分",
     "Olden & Møen 2022, doi:10.1093/ectj/utac010"),
    ("psm_did", "psm_did", "PsmDidSpec", "fit_psm_did", "estimate", "stays",
     "Difference in differences on places matched by propensity score.", "倾向得分匹配双重差分",
     "Heckman, Ichimura & Todd 1997, doi:10.2307/2971733"),
    ("placebo", "placebo", "PlaceboSpec", "fit_placebo", "estimate", "stays",
     "Placebo test: fake treated places, fake years, or both, drawn at random.", "安慰剂检验",
     "Chen, Qi & Yan 2023"),
    ("fixed_placebo", "fixed_placebo", "FixedPlaceboSpec", "fit_fixed_placebo", "estimate", "stays",
     "Placebo test without chance: earlier dates, other outcomes, first by rank.", "安慰剂检验（设定型）",
     "Chen, Qi & Yan 2023"),
    ("interaction", "heterogeneity", "InteractionSpec", "fit_interaction", "estimate", "stays",
     "Effects that depend on a moderator, by interaction.", "交互项模型",
     "as did"),
    ("group_difference", "group_difference", "GroupDifferenceSpec", "fit_group_difference",
     "estimate", "stays", "A model in two groups, the difference tested by permutation or bootstrap.",
     "组间系数差异检验",
     "Cleary 1999, doi:10.1111/0022-1082.00121"),
    ("leave_out", "leave_out", "LeaveOutSpec", "fit_leave_out", "estimate", "stays",
     "A model without each group in turn.", "逐一剔除检验",
     "as did"),
    ("synergy", "synergy", "SynergySpec", "fit_synergy", "estimate", "none",
     "What two policies do together beyond one of them.", "政策协同检验",
     "Pang, Li, Liu & Guo 2025"),
    ("iv", "iv", "IvSpec", "fit_iv", "estimate", "none",
     "Two-stage least squares with fixed effects; weak and valid instruments tested.", "工具变量法",
     "Baum, Schaffer & Stillman 2007; Kleibergen & Paap 2006"),
    ("wild", "wild", "WildSpec", "fit_wild", "estimate", "none",
     "Wild cluster bootstrap of one coefficient, for few clusters.", "野聚类自助法",
     "Roodman et al. 2019, doi:10.1177/1536867X19830877"),
    ("conley", "conley", "ConleySpec", "fit_conley", "estimate", "none",
     "Standard errors that allow for correlation in space.", "Conley空间标准误",
     "Conley 1999, doi:10.1016/S0304-4076(98)00084-0"),
    ("chaisemartin", "staggered_chaisemartin", "ChaisemartinSpec", "fit_chaisemartin", "estimate", "may_end",
     "Switchers against those that have not switched yet; treatment may end.", "dCDH估计",
     "de Chaisemartin & D'Haultfœuille 2024"),
    ("honest", "honest", "HonestSpec", "fit_honest", "estimate", "stays",
     "An event study when parallel trends hold only up to a bound.", "平行趋势敏感性分析",
     "Rambachan & Roth 2023, doi:10.1093/restud/rdad018"),
    ("mediation", "mediation", "MediationSpec", "fit_mediation", "estimate", "stays",
     "Mechanisms in two steps: direct and indirect effects, Sobel and bootstrap.", "中介效应",
     "Baron & Kenny 1986; Sobel 1982; Preacher & Hayes 2008"),
    ("causal_paths", "causal_paths", "CausalPathsSpec", "fit_causal_paths", "bart", "none",
     "An effect parted into paths through ordered mediators.", "因果路径分解",
     "Zhou & Yamamoto 2023, doi:10.1086/720310"),
    ("double_ml", "double_ml", "DoubleMlSpec", "fit_double_ml", "dml", "none",
     "Double machine learning: covariates matter in unknown forms.", "双重机器学习",
     "Chernozhukov et al. 2018, doi:10.1111/ectj.12097"),
)  # fmt: skip

MODELS: dict[str, Model] = {
    row[0]: Model(
        name=row[0],
        module=row[1],
        spec=row[2],
        function=row[3],
        extra=row[4],
        treatment=row[5],
        help=row[6],
        chinese=row[7],
        citation=row[8],
    )
    for row in _ROWS
}
