"""Make synthdid_staggered.json: synthetic DID by synthdid-py, a port of R's synthdid and Stata's sdid.

Run: python tests/external/synthdid_staggered.py (after pip install synthdid-py==0.1.0)
Data: `patentmetrics.simulate.panel.simulate_panel` with the settings told in the file.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

from patentmetrics.simulate.panel import simulate_panel

SETTINGS = {"places": 50, "cohorts": [2012, 2014, 2016], "share_treated": 0.3, "growth": 0.1, "seed": 5}


def main() -> None:
    from synthdid.staggered import staggered_panel_matrices, staggered_synthdid_estimate

    frame = simulate_panel(**SETTINGS).panel.frame.select("place", "year", "outcome", "treated").to_pandas()
    frame["treated"] = frame["treated"].astype(int)
    found = staggered_synthdid_estimate(
        staggered_panel_matrices(frame, "place", "year", "outcome", "treated")
    )
    cohorts = found.by_cohort
    numbers = {
        "synthdid-py": importlib.metadata.version("synthdid-py"),
        "settings": SETTINGS,
        "estimate": float(found.att),
        "cohorts": [int(year) for year in cohorts["adoption_time"]],
        "effects": [float(effect) for effect in cohorts["tau"]],
        "shares": [float(share) for share in cohorts["weight"]],
        "jackknife": float(found.se(method="jackknife")),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
