"""Writes scipy_chi.json: the chi distribution and the normal tails as SciPy has them.

Mean and standard deviation come from mpmath: SciPy's own standard deviation loses digits in
many dimensions, as a difference of nearly equal numbers.

Run with SciPy and mpmath: python make_scipy_chi.py (written with SciPy 1.17.1, mpmath 1.4.1).
"""

import json
from pathlib import Path

import mpmath
from scipy import stats

DIMS = [1, 2, 3, 8, 16, 64, 512, 4096]
# Distances from the mean in standard deviations.
OFFSETS = [-6, -2, -0.5, 0, 0.5, 2, 6, 12]
SHARES = [1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]

mpmath.mp.dps = 60
chi = []
for dim in DIMS:
    law = stats.chi(dim)
    ratio = mpmath.gamma((dim + 1) / mpmath.mpf(2)) / mpmath.gamma(dim / mpmath.mpf(2))
    mean, sigma = float(mpmath.sqrt(2) * ratio), float(mpmath.sqrt(dim - 2 * ratio**2))
    norms = [mean + offset * sigma for offset in OFFSETS]
    chi.append({
        "dim": dim,
        "mean": mean,
        "sigma": sigma,
        "norms": [
            {"norm": norm, "within": float(law.cdf(norm)), "beyond": float(law.sf(norm))}
            for norm in norms
            if norm > 0
        ],
        "quantiles": [{"share": share, "norm": float(law.ppf(share))} for share in SHARES],
    })
tails = [
    {"z": z, "tail": float(2 * stats.norm.sf(z))} for z in [0, 0.1, 0.5, 1, 1.959964, 3, 5, 8, 20]
]

lines = ['{"chi": [', ",\n".join(json.dumps(case) for case in chi)]
lines += ['], "tails": [', ",\n".join(json.dumps(case) for case in tails), "]}"]
Path(__file__).with_name("scipy_chi.json").write_text("\n".join(lines) + "\n")
