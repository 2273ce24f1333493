"""Machine learners for the nuisance functions of double machine learning, all with a seed and one thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from patentmetrics.core.errors import ExtraError, SettingError, check_choice, near_names

Learner = Literal["forest", "lasso", "boosting", "svm"]
LEARNERS = ["forest", "lasso", "boosting", "svm"]
Options = Mapping[str, int | float | str | None]


def make_learner(
    learner: Learner, *, classifier: bool, seed: int, options: Options | None = None, degree: int = 1
) -> Any:  # noqa: ANN401 - the library is untyped
    """Make a learner of scikit-learn that is not fitted yet.

    ``forest``: 500 trees of depth 7 at most, leaves of 3 rows at least, a root of the columns at each split
    (随机森林). ``lasso``: columns of mean 0 and variance 1, the penalty by 5-fold cross-validation (套索).
    ``boosting``: 100 histogram-gradient-boosted trees of 8 leaves, learning rate 0.05 (梯度提升). ``svm``: a
    radial kernel on such columns; probabilities by Platt scaling (支持向量机).

    Parameters
    ----------
    learner : {"forest", "lasso", "boosting", "svm"}
        Which.
    classifier : bool
        True: it gives probabilities of a column of 0 and 1.
    seed : int
        Of everything random in it.
    options : mapping, optional
        Parameters of scikit-learn's estimator to set, e.g. ``{"n_estimators": 200}``.
    degree : int
        With ``lasso``: powers and products of the columns up to this degree.

    Raises
    ------
    SettingError
        The learner or an option is unknown.
    ExtraError
        scikit-learn is not installed.

    Examples
    --------
    >>> make_learner("forest", classifier=False, seed=1, options={"n_estimators": 10}).n_estimators
    10
    """
    check_choice(learner, LEARNERS, argument="learner")
    core = {"forest": _forest, "lasso": _lasso, "boosting": _boosting, "svm": _svm}[learner](classifier, seed)
    allowed = core.get_params(deep=False)
    for name in options or {}:
        if name not in allowed:
            raise SettingError(
                "the learner has no such option",
                where=f"options of {learner}",
                got=name,
                allowed=sorted(allowed),
                hint=near_names(name, allowed),
            )
    core.set_params(**dict(options or {}))
    return _prepared(learner, core, classifier=classifier, degree=degree)


def _forest(classifier: bool, seed: int) -> Any:  # noqa: ANN401 - chosen from a table
    ensemble = _sklearn("ensemble")
    kind = ensemble.RandomForestClassifier if classifier else ensemble.RandomForestRegressor
    # one thread: several would add the trees up in any order
    return kind(
        n_estimators=500, max_depth=7, max_features="sqrt", min_samples_leaf=3, n_jobs=1, random_state=seed
    )


def _lasso(classifier: bool, seed: int) -> Any:  # noqa: ANN401 - scikit-learn's
    linear = _sklearn("linear_model")
    if not classifier:
        return linear.LassoCV(cv=5, max_iter=20_000, random_state=seed)
    return linear.LogisticRegressionCV(
        Cs=[10 ** (power / 2) for power in range(-6, 3)],
        cv=5,
        l1_ratios=(1.0,),
        solver="saga",
        tol=1e-3,  # probabilities are wanted, not coefficients
        scoring="neg_log_loss",
        max_iter=1000,
        random_state=seed,
        use_legacy_attributes=False,
    )


def _boosting(classifier: bool, seed: int) -> Any:  # noqa: ANN401 - scikit-learn's
    ensemble = _sklearn("ensemble")
    name = "HistGradientBoostingClassifier" if classifier else "HistGradientBoostingRegressor"
    return getattr(ensemble, name)(
        learning_rate=0.05, max_iter=100, max_leaf_nodes=8, early_stopping=False, random_state=seed
    )


def _svm(classifier: bool, seed: int) -> Any:  # noqa: ANN401, ARG001 - nothing in it is random
    svm = _sklearn("svm")
    return svm.SVC() if classifier else svm.SVR()


def _prepared(learner: Learner, core: Any, *, classifier: bool, degree: int) -> Any:  # noqa: ANN401 - scikit-learn's
    if learner not in {"lasso", "svm"}:
        return core
    preprocessing = _sklearn("preprocessing")
    steps = [preprocessing.StandardScaler()]
    if learner == "lasso" and degree > 1:
        # powers of columns of variance 1, and again of variance 1: the penalty treats all alike
        powers = preprocessing.PolynomialFeatures(degree=degree, include_bias=False)
        steps += [powers, preprocessing.StandardScaler()]
    if learner == "svm" and classifier:
        core = _sklearn("calibration").CalibratedClassifierCV(core, method="sigmoid", cv=5, ensemble=False)
    elif not classifier:
        core = _sklearn("compose").TransformedTargetRegressor(
            core, transformer=preprocessing.StandardScaler()
        )
    return _sklearn("pipeline").make_pipeline(*steps, core)


def _sklearn(module: str) -> Any:  # noqa: ANN401 - scikit-learn's
    import importlib

    try:
        return importlib.import_module(f"sklearn.{module}")
    except ModuleNotFoundError as error:
        raise ExtraError(
            "double machine learning needs the library scikit-learn",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[dml]"',
        ) from error
