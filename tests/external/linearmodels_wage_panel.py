"""Make linearmodels_wage_panel.json: two-way fixed effects on the wage panel, by linearmodels.

Run: python tests/external/linearmodels_wage_panel.py
Data: Vella & Verbeek (1998), 545 workers × 8 years, as bundled with linearmodels.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

TERMS = ["expersq", "union", "married"]


def main() -> None:
    import linearmodels
    from linearmodels.datasets import wage_panel

    data = wage_panel.load().set_index(["nr", "year"])
    model = linearmodels.PanelOLS(data["lwage"], data[TERMS], entity_effects=True, time_effects=True)
    # no group correction, and N / (N - k) with k the regressors alone
    fit = model.fit(cov_type="clustered", cluster_entity=True, auto_df=False, count_effects=False)
    numbers = {
        "linearmodels": importlib.metadata.version("linearmodels"),
        "terms": TERMS,
        "coefficients": fit.params[TERMS].tolist(),
        "std_errors": fit.std_errors[TERMS].tolist(),
        "n": int(fit.nobs),
        "entities": int(data.index.get_level_values(0).nunique()),
        "years": int(data.index.get_level_values(1).nunique()),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
