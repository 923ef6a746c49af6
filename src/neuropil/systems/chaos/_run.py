"""One run into a folder, for the command line."""

from ...analysis import kaplan_yorke_dimension
from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._measures import exponents_of_model, exponents_of_source, judge
from ._pictures import pictures
from ._plan import BATCH, Settings, plan_for
from ._series import load
from ._training import train


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train on one series, run freely, and compare with the part that was not seen."""
    series, plan = load(context.data), plan_for(settings, context.data, context.quick)
    folder = context.folder
    trained = train(
        series,
        plan,
        context.seed,
        progress=ProgressBar() if context.show else None,
        log=folder.log,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
    )
    model = trained.model
    found = judge(model, series, plan.bins)
    own, true = exponents_of_model(model, series), exponents_of_source(context.data)
    metrics = {
        "attractor_distance": found.attractor,
        "spectral_distance": found.spectrum,
        "prediction_error_20_steps": found.prediction,
        "largest_exponent": float(own.exponents[0]),
        "largest_exponent_error": float(own.standard_error[0]),
        "forcing_at_the_end": trained.alpha,
        "parameters": sum(x.size for x in (model.a, model.w1, model.w2, model.h1, model.h2)),
    }
    for name, spectrum in (("", own), ("true_", true)):
        if spectrum is not None and abs(spectrum.exponents).max() < float("inf"):
            metrics[f"{name}kaplan_yorke_dimension"] = kaplan_yorke_dimension(spectrum.exponents)
    if true is not None:
        metrics["true_largest_exponent"] = float(true.exponents[0])
    arrays = pictures(series, trained, found, own, true)
    setup = {
        **vars(plan),
        "sequences_per_update": BATCH,
        "variables": ", ".join(series.names),
        "training_samples": len(series.train),
        "test_samples": len(series.test),
        "time_between_samples": f"{series.dt:g} {series.unit}",
    }
    return Outcome(metrics, arrays, setup=setup)
