"""Make wildboottest_draws.json: the wild cluster bootstrap of a model with dense dummies, by wildboottest.

Run: python tests/external/wildboottest_draws.py
All 256 Rademacher draws of eight clusters, so that no random number is in it: a regressor, a control, dummies
of 16 places (two a cluster) and of 5 years, some rows missing.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import numpy as np


def main() -> None:
    from wildboottest.wildboottest import WildboottestCL

    rng = np.random.default_rng(20)
    place, year = np.repeat(np.arange(16), 5), np.tile(np.arange(5), 16)
    kept = np.sort(rng.choice(80, size=73, replace=False))
    place, year = place[kept], year[kept]
    cluster = place // 2
    x = rng.normal(size=73) + 0.1 * place
    z = rng.normal(size=73) + 0.5 * x
    y = 0.4 * x - 0.2 * z + 0.3 * place + 0.1 * year + rng.normal(size=73) + rng.normal(size=8)[cluster] * x
    x, z, y = (np.round(one, 6) for one in (x, z, y))
    dummies = [(place == one).astype(float) for one in range(16)] + [
        (year == one).astype(float) for one in range(1, 5)
    ]
    design = np.column_stack([x, z, *dummies])
    tested = np.zeros(design.shape[1])
    tested[0] = 1.0
    boot = WildboottestCL(X=design, Y=y, cluster=cluster, R=tested, B=9999, seed=1, parallel=False)
    boot.get_scores(bootstrap_type="11", impose_null=True, adj=True, cluster_adj=True)
    boot.get_weights(weights_type="rademacher")
    boot.get_numer()
    boot.get_denom()
    boot.get_tboot()
    boot.get_vcov()
    boot.get_tstat()
    numbers = {
        "wildboottest": importlib.metadata.version("wildboottest"),
        "place": place.tolist(),
        "year": year.tolist(),
        "cluster": cluster.tolist(),
        "x": x.tolist(),
        "z": z.tolist(),
        "y": y.tolist(),
        # adj=True: factor (N - 1) / (N - k) with k all columns of the dense design
        "columns": design.shape[1],
        "t": float(boot.t_stat),
        "t_boot": sorted(boot.t_boot.tolist()),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(numbers) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
