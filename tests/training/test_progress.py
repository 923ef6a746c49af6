import io
import re
import time
from typing import NamedTuple

import jax
import pytest
from rich.console import Console

from neuropil.numerics import NeuropilError
from neuropil.training import ProgressBar, fit

from .problems import net, options, spikes


def drawn(**changes):
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=120)
    fit(net(), spikes(), progress=ProgressBar(console=console, **changes), **options(epochs=3))
    return file.getvalue()


def test_the_bar_shows_epoch_loss_accuracy_rate_and_time_left():
    text = drawn(interval=1e-6)
    for part in ("epoch 3/3", "loss", "accuracy", "spikes per tick", "0:00:00"):
        assert part in text


def test_the_bar_is_drawn_no_more_often_than_asked(monkeypatch):
    calls = []
    original = jax.device_get
    monkeypatch.setattr(jax, "device_get", lambda x: calls.append(x) or original(x))
    drawn(interval=1e6)
    rare = len(calls)
    drawn(interval=1e-6)
    assert len(calls) >= rare + 8  # one more for every step but the last


LINE = r"epoch {}/2  loss \S+  accuracy \S+  \S+% spikes per tick  \d+\.\d s"


def test_one_line_per_epoch_is_written_where_there_is_no_terminal(capsys):
    file = io.StringIO()
    for console in (Console(file=file, force_terminal=False), None):
        fit(net(), spikes(), progress=ProgressBar(console=console), **options(epochs=2))
    written = capsys.readouterr()
    assert written.out == ""
    for text in (file.getvalue(), written.err):
        lines = text.splitlines()
        assert len(lines) == 2
        assert all(re.fullmatch(LINE.format(n + 1), line) for n, line in enumerate(lines))


def test_nothing_is_written_unless_asked_for(capsys):
    fit(net(), spikes(), **options(epochs=1))
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "")


def test_the_device_is_never_waited_for_right_after_a_step(monkeypatch):
    """A result is looked at only when some more steps have been handed over."""
    from neuropil.training import _epoch

    seen, ahead, original = [], [], _epoch.train_step

    class Watched(NamedTuple):
        position: int
        sound: jax.Array

        def __bool__(self):
            ahead.append(len(seen) - self.position)
            return bool(self.sound)

    def step(*arguments):
        carry, totals, sound = original(*arguments)
        seen.append(sound)

        return carry, totals, Watched(len(seen), sound)

    monkeypatch.setattr(_epoch, "train_step", step)
    fit(net(), spikes(), **options(epochs=1, batch_size=2))
    assert len(ahead) == 20
    assert ahead[:15] == [4] * 15


@pytest.mark.parametrize("interval", [0, -1.0, "fast", True, float("nan")])
def test_nonsense_is_refused(interval):
    with pytest.raises(NeuropilError, match="interval"):
        ProgressBar(interval=interval)


def test_seconds_are_those_of_the_epoch():
    begun = time.perf_counter()
    history = fit(net(), spikes(), **options(epochs=2)).history
    assert 0 < sum(entry["seconds"] for entry in history) <= time.perf_counter() - begun + 0.01
