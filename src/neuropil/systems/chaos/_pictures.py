"""What the report of a run draws."""

import numpy as np

from ...analysis import LyapunovSpectrum, product_norms
from ...training import optimal_forcing
from ._measures import Judged
from ._random_features import jacobians_along
from ._series import Series
from ._training import Trained

POINTS, SHOWN, ALONG, GRID = 2500, 300, 600, 40


def pictures(
    series: Series,
    trained: Trained,
    found: Judged,
    own: LyapunovSpectrum,
    true: LyapunovSpectrum | None,
) -> dict[str, np.ndarray]:
    """Return attractors side by side, courses, spectra, exponents, and what gradients did."""
    runs = {"true": series.test, "generated": found.generated}
    spectra = {"true": true, "generated": own}
    arrays = attractors(series, runs) | courses(series, runs) | rhythms(series, runs)
    for name, spectrum in spectra.items():
        if spectrum is not None:
            arrays |= exponents(series, name, spectrum)
    return arrays | gradients(trained) | products(series, trained)


def attractors(series: Series, runs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return both trajectories in two variables: as points, and how long they are where."""
    across, up = (0, min(2, len(series.names) - 1))
    x, y = series.names[across], series.names[up]
    shown = {name: series.restored(points)[:, [across, up]] for name, points in runs.items()}
    low, high = shown["true"].min(axis=0), shown["true"].max(axis=0)
    edges = [np.linspace(*ends, GRID + 1) for ends in zip(low, high, strict=True)]
    title = f"maps/log10 of the time spent at {x} (across) and {y} (up)"
    densities = {
        f"{title}/{name}": np.log10(1.0 + np.histogram2d(*points.T, bins=edges)[0].T[::-1])
        for name, points in shown.items()
        if np.isfinite(points).all()
    }
    return densities | {
        f"points/{y}, {name} over {x}/{name}": points[:POINTS].T for name, points in shown.items()
    }


def courses(series: Series, runs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the first variable from the same start on: they part, as they must."""
    time = series.dt * np.arange(SHOWN)
    return {
        f"curves/{series.names[0]} over {series.unit}/{name}": np.stack(
            [time, series.restored(points)[:SHOWN, 0]]
        )
        for name, points in runs.items()
    }


def rhythms(series: Series, runs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the power spectra of the first variable, as they are compared."""
    arrays = {}
    for name, points in runs.items():
        if np.isfinite(points).all():
            frequency, power = smooth_spectrum(points[:, 0], series.dt)
            few = slice(1, len(frequency) // 4)
            line = np.stack([frequency[few], np.log10(np.maximum(power[few], 1e-12))])
            arrays[f"curves/log10 power of {series.names[0]} over 1/({series.unit})/{name}"] = line
    return arrays


def smooth_spectrum(values: np.ndarray, dt: float, width: int = 20) -> tuple[np.ndarray, ...]:
    """Return frequencies, and the share of the variance at each, averaged over neighbours."""
    spread = values.std()
    power = np.abs(np.fft.rfft((values - values.mean()) / (spread if spread > 0 else 1.0))) ** 2
    kernel = np.exp(-0.5 * (np.arange(-3 * width, 3 * width + 1) / width) ** 2)
    smooth = np.convolve(power, kernel / kernel.sum(), "same")
    total = smooth.sum()
    return np.fft.rfftfreq(len(values), dt), smooth / (total if total > 0 else 1.0)


def exponents(series: Series, name: str, spectrum: LyapunovSpectrum) -> dict[str, np.ndarray]:
    """Return the spectrum, and how its largest exponent settles, with standard errors."""
    if not np.isfinite(spectrum.segments).all():
        return {}
    index = np.arange(1.0, spectrum.segments.shape[1] + 1)
    largest = spectrum.segments[:, 0]
    counts = np.arange(2, len(largest) + 1)
    means = np.array([largest[:n].mean() for n in counts])
    errors = np.array([largest[:n].std(ddof=1) / np.sqrt(n) for n in counts])
    unit = series.unit
    return {
        f"curves/Lyapunov exponent per {unit.removesuffix('s')} over index/{name}": np.stack(
            [index, spectrum.exponents, spectrum.standard_error]
        ),
        f"curves/largest Lyapunov exponent over segments of the run/{name}": np.stack(
            [counts, means, errors]
        ),
    }


def gradients(trained: Trained) -> dict[str, np.ndarray]:
    """Return norms of gradients over training, and the strength of forcing if it changed."""
    if not trained.gradients:
        return {}
    update, alpha, norm, unforced = np.array(trained.gradients, float).T
    with np.errstate(divide="ignore", invalid="ignore"):
        arrays = {
            f"curves/log10 norm of the gradient over update/{name}": np.stack(
                [update, np.log10(values)]
            )
            for name, values in (("as trained", norm), ("same network, no forcing", unforced))
        }
    if np.ptp(alpha) > 0:
        arrays["curves/strength of forcing over update/alpha"] = np.stack([update, alpha])
    return arrays


def products(series: Series, trained: Trained) -> dict[str, np.ndarray]:
    """Return how large products of the trained model's Jacobians are, along the test part."""
    jacobians = jacobians_along(trained.model, series.test[:ALONG])
    if not np.isfinite(jacobians).all():
        return {}
    optimal = float(optimal_forcing(np.linalg.norm(jacobians, 2, axis=(1, 2)).max()))
    steps = np.arange(1.0, len(jacobians) + 1)
    picture = "curves/log10 norm of the product of Jacobians over steps"
    strengths = ((0.0, ""), (trained.alpha, ""), (optimal, ", optimal"))
    return {
        f"{picture}/alpha {alpha:.2f}{what}": np.stack(
            [steps, product_norms((1.0 - alpha) * jacobians)]
        )
        for alpha, what in strengths
    }
