"""A valid call of the public names of the rooms that users of published systems meet."""

import dataclasses

import numpy as np

from neuropil import report, systems

from ._corrupt import Call

TEXT = ("no such name",)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Two settings."""

    epochs: int = systems.setting(40, "passes over the training set")
    rate: float = systems.setting(0.1, "learning rate")


BOUND = systems.Bound(">=", 0.9, "calibrated")
CLAIM = systems.Claim("accuracy", "It learns.", BOUND, "no delays", print)
SYSTEMS = {
    "RunFolder": Call(systems.RunFolder, {"path": "run"}, allowed={"path": TEXT}),
    "open_folder": Call(systems.open_folder, {"path": "run"}, named={"path": "RUN"}, runs=False),
    "read_arrays": Call(systems.read_arrays, {"path": "a"}, allowed={"path": TEXT}),
    "read_json": Call(systems.read_json, {"path": "a"}, named={"path": "no such name"}, runs=False),
    "read_log": Call(systems.read_log, {"path": "a"}, allowed={"path": TEXT}),
    "load_system": Call(systems.load_system, {"name": "delays"}, named={"name": "NAME"}),
    "choose": Call(
        systems.choose,
        {"value": "delays", "argument": "value", "known": ["delays"]},
        anything=("argument", "known"),
    ),
    "setting": Call(
        systems.setting,
        {"default": 3, "doc": "how many", "least": 1, "most": 9},
        anything=("default",),
        allowed={"doc": TEXT, "least": (1.5, -1, None), "most": (1.5, -1, None)},
    ),
    "describe_settings": Call(systems.describe_settings, {"settings": Settings}),
    "parse_settings": Call(
        systems.parse_settings,
        {"settings": Settings, "assignments": ["epochs=3"]},
        also={"assignments": (["epoch=3"], ["epochs=three"], ["epochs"], ["rate=nan"])},
        named={"assignments": "set"},
    ),
    "settings_to_json": Call(systems.settings_to_json, {"settings": Settings()}),
    "settings_from_json": Call(
        systems.settings_from_json,
        {"settings": Settings, "stored": {"epochs": 3}},
        also={"stored": ({"epoch": 3}, {"epochs": "three"})},
        allowed={"stored": ({},)},
        named={"stored": "set"},
    ),
    "Bound": Call(
        systems.Bound,
        {"relation": ">=", "value": 0.9, "derivation": "calibrated"},
        allowed={"derivation": TEXT},
    ),
    "Claim": Call(
        systems.Claim,
        {
            "name": "accuracy",
            "statement": "It learns.",
            "bound": BOUND,
            "ablation": "no delays",
            "check": print,
            "seeds": 3,
            "quick_seeds": 1,
            "quick_bound": BOUND,
        },
        also={"seeds": (0,)},
        allowed={name: TEXT for name in ("name", "statement", "ablation")}
        | {"quick_bound": (None,)},
    ),
    "System": Call(
        systems.System,
        {
            "name": "toy",
            "title": "A toy",
            "summary": "It does little.",
            "reference": "doi:10",
            "settings": Settings,
            "data": ("digits",),
            "run": print,
            "claims": (CLAIM,),
        },
        also={"data": ((),), "claims": ((),)},
        allowed={name: TEXT for name in ("name", "title", "summary", "reference")},
    ),
}
SPIKES, VOLTAGES = np.eye(4), (np.arange(4.0), np.zeros((4, 1)))
REPORT = {
    "compare_runs": Call(
        report.compare_runs, {"runs": ["a", "b"]}, named={"runs": "RUN"}, runs=False
    ),
    "write_activity": Call(
        report.write_activity,
        {
            "spikes": {"exc": SPIKES},
            "dt": 0.5,
            "path": "activity.html",
            "traces": {"exc": VOLTAGES},
        },
        also={
            "spikes": ({"exc": np.eye(4), "inh": np.eye(3)}, {"exc": 2 * np.eye(4)}, None),
            "dt": (0.0, -1.0),
            "traces": (
                {"exc": np.zeros((4, 1))},
                {"exc": (np.arange(3.0), np.zeros((4, 1)))},
                {"exc": (np.zeros(4), np.zeros((4, 1)))},
                {"exc": (np.arange(4.0), np.zeros(4))},
            ),
        },
        allowed={
            "path": TEXT,
            "spikes": ({TEXT[0]: SPIKES},),
            "traces": ({TEXT[0]: VOLTAGES}, {}),
        },
    ),
    "write_comparison": Call(
        report.write_comparison,
        {"runs": ["a", "b"], "path": "c.html"},
        named={"runs": "RUN", "path": "RUN"},
        runs=False,
    ),
    "write_report": Call(report.write_report, {"run": "a"}, named={"run": "RUN"}, runs=False),
}
