"""Replace any argument by nonsense: the error says which it was, what is wrong, how to fix it."""

import enum
import inspect
import re

import pytest

import neuropil
from neuropil.numerics import NeuropilError
from neuropil.systems import InputError
from neuropil.tasks import TaskError

from . import (
    _calls_above,
    _calls_analysis,
    _calls_core,
    _calls_growth,
    _calls_outside,
    _calls_parts,
    _calls_sparsity,
    _calls_synapses,
    _calls_thinking,
)
from ._calls_cells import CELLS as MORE_CELLS
from ._corrupt import Call

FORM = re.compile(
    r"(?P<argument>[^\n]+?): got [\s\S]+; expected [\s\S]+\.\nFix: [\s\S]+?\."
    r"(\nWhat can be set:[\s\S]+)?"
)
ROOMS = {
    "numerics": (_calls_core.NUMERICS, NeuropilError),
    "core": (_calls_core.CORE, NeuropilError),
    "cells": (_calls_parts.CELLS | MORE_CELLS | _calls_thinking.CELLS, NeuropilError),
    "connectivity": (_calls_parts.CONNECTIVITY, NeuropilError),
    "coding": (_calls_parts.CODING | _calls_thinking.CODING, NeuropilError),
    "growth": (_calls_growth.GROWTH, NeuropilError),
    "modulation": (_calls_parts.MODULATION, NeuropilError),
    "plasticity": (_calls_parts.PLASTICITY, NeuropilError),
    "sequence": (_calls_thinking.SEQUENCE, NeuropilError),
    "sparsity": (_calls_sparsity.SPARSITY, NeuropilError),
    "synapses": (_calls_synapses.SYNAPSES, NeuropilError),
    "training": (_calls_above.TRAINING | _calls_thinking.TRAINING, NeuropilError),
    "analysis": (_calls_analysis.ANALYSIS, NeuropilError),
    "tasks": (_calls_above.TASKS, TaskError),
    "systems": (_calls_outside.SYSTEMS, InputError),
    "report": (_calls_outside.REPORT, InputError),
}
REPORTERS = {"fail", "is_refusal", "is_traced"}  # they report what others found
RESULTS = {"Fit", "Grown", "Outcome", "Recording", "Result", "RunContext", "Worm"}
WIRING = {  # between rooms; not for users
    "circuit_scan",
    "synaptic_delivery",
    *("begin", "carry_out", "resume", "withdraw", "record_claims", "check_claim", "as_declared"),
    *("read_config", "read_metrics"),
    *("aligned", "has_one_order", "tick_by_tick", "tickwise_matmul", "two_forms", "uniform"),
    *("adopted", "empty", "in_huge_pages"),
    *("filled", "interruptible", "named_arrays", "write_bytes"),
    *("machine", "versions", "plain", "write_arrays", "write_json", "write_text"),
    *("number", "shown", "spoken"),
}
NOT_CALLED = REPORTERS | RESULTS | WIRING
CALLS = [(room, name) for room, (calls, _) in ROOMS.items() for name in calls]


def takes_arguments_of_users(value):
    """Whether a public name is called by users: not a protocol, an error, or a plain result."""
    if not callable(value):
        return False
    if not inspect.isclass(value):
        return True
    is_result = issubclass(value, tuple | BaseException | enum.Enum)
    is_protocol = inspect.isabstract(value) or getattr(value, "_is_protocol", False)
    return not is_result and not is_protocol


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Whatever is written is written to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_here(room):
    public = {
        name
        for name, value in vars(getattr(neuropil, room)).items()
        if not name.startswith("_") and takes_arguments_of_users(value)
    }
    assert public - NOT_CALLED == set(ROOMS[room][0])


@pytest.mark.parametrize(("room", "name"), CALLS)
def test_every_argument_is_here_and_valid(room, name):
    call = ROOMS[room][0][name]
    call.before()
    signature = inspect.signature(call.make)
    options = [p for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
    assert {p.name for p in options} == set(call.arguments)
    if call.runs:
        call()


@pytest.mark.parametrize(("room", "name"), CALLS)
def test_nonsense_is_refused(room, name):
    calls, error = ROOMS[room]
    calls[name].before()
    complaints = [problem(calls[name], *wrong, error) for wrong in calls[name].nonsense()]
    assert not list(filter(None, complaints)), "\n".join(filter(None, complaints))


def problem(call, argument, wrong, error):
    """Return what is wrong with the answer to a nonsensical argument, or None."""
    what = f"{argument}={wrong!r}"
    try:
        call(**{argument: wrong})
    except error as refusal:
        found = FORM.fullmatch(str(refusal))
        if found is None:
            return f"{what} is refused in another form: {refusal}"
        names = f"{argument}|{call.named[argument]}" if argument in call.named else argument
        if not re.search(rf"\b({names})\b", found["argument"]):
            return f"{what} is refused under another name: {found['argument']}"
        return None
    except Exception as other:  # noqa: BLE001
        return f"{what} fails with {type(other).__name__}: {str(other)[:120]}"
    return f"{what} is accepted"


def test_the_walk_would_notice():
    """A function that checks nothing, or names something else, is found out."""

    def careless(tau):
        return tau

    def vague(tau):
        raise NeuropilError("value: got x; expected y.\nFix: z.")

    for make, text in ((careless, "is accepted"), (vague, "under another name")):
        found = problem(Call(make, {"tau": 1.0}), "tau", "ten", NeuropilError)
        assert text in found
