"""The page of what a network did, from arrays and from a run folder."""

import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from neuropil.analysis import Events, events_of
from neuropil.report import write_activity, write_report
from neuropil.report._histograms import histogram, interval_histogram
from neuropil.report._spikes import _drawn
from neuropil.report._traces import _thin
from neuropil.systems import InputError, RunFolder, write_arrays


def poisson(chance, ticks, neurons, seed=0):
    return np.random.default_rng(seed).random((ticks, neurons)) < chance


def pictures(page):
    return [unquote(text) for text in re.findall(r'src="data:image/svg\+xml,([^"]+)"', page)]


def words(page):
    return " ".join(re.findall(r">([^<>]+)</text>", "".join(pictures(page))))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    spikes = {"exc": poisson(0.004, 4000, 300), "inh": events_of(poisson(0.01, 4000, 150, 1))}
    time = np.arange(4000) * 0.5
    voltage = np.random.default_rng(2).normal(-60.0, 3.0, (4000, 2))
    path = tmp_path_factory.mktemp("activity") / "page.html"
    written = write_activity(spikes, 0.5, path, {"inh": (time, voltage)})
    assert written == path
    return path.read_text(encoding="utf-8")


def test_the_page_has_every_picture_with_title_labels_and_units(page):
    told = words(page)
    for text in ("Spikes of 383 of 450 neurons", "Rate of the mean neuron (Hz)", "time (ms)",
                 "Membrane voltage (mV)", "Mean rate of each neuron", "rate (Hz)",
                 "Times between spikes", "interval (ms)", "Irregularity of each neuron",
                 "coefficient of variation of its intervals", "Correlation of pairs",
                 "Pearson's correlation of spike counts", "share (%)", "frequency (Hz)",
                 "Power spectrum of the population rate"):  # fmt: skip
        assert text in told.replace("&apos;", "'"), text
    assert len(pictures(page)) == page.count("<img") == 7
    assert "450 neurons for 2.0 s in steps of 0.5 ms" in page


def test_pictures_follow_light_and_dark_and_need_nothing_else(page):
    for picture in pictures(page):
        ElementTree.fromstring(picture)
        assert "prefers-color-scheme:dark" in picture
        assert not re.search(r"#(?:010203|040506|070809|0a0b0c|0d0e0f|101112|131415)", picture)
        assert not re.search(r'href="https?:|url\(["\']?https?:', picture)
    assert all(len(alt) > 15 for alt in re.findall(r'alt="([^"]*)"', page))
    assert "<script" not in page
    assert len(page) < 1e6


def test_figures_are_told_by_population(page):
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    rows = {row[0]: row[1:] for row in (cells[i : i + 7] for i in range(0, len(cells), 7))}
    exc, inh = rows["exc"], rows["inh"]
    assert (exc[0], inh[0]) == ("300", "150")
    assert abs(float(exc[1]) - 8) < 0.4
    assert abs(float(inh[1]) - 20) < 1
    assert abs(float(inh[3]) - 1) < 0.1  # of Poisson trains
    assert abs(float(inh[4])) < 0.005
    assert abs(float(inh[5]) - 150**-0.5) < 0.02


@pytest.mark.parametrize(
    ("spikes", "dt"),
    [
        (np.zeros((2, 3)), 0.1),
        (np.ones((3, 3)), 50.0),
        (np.eye(1), 0.1),
        (poisson(0.2, 30, 1), 50.0),
        (np.repeat(poisson(0.2, 300, 1), 5, axis=1), 0.1),
        (Events([], [], ticks=100_000, size=10**6), 0.1),
    ],
)
def test_odd_recordings_are_drawn(spikes, dt, tmp_path):
    page = write_activity({"<b>a": spikes, "c": spikes}, dt, tmp_path / "page.html").read_text()
    assert "</html>" in page
    assert "<b>a" not in page
    for picture in pictures(page):
        ElementTree.fromstring(picture)


def test_traces_without_numbers_are_left_out(tmp_path):
    traces = {"a": (np.arange(3.0), np.full((3, 2), np.nan))}
    page = write_activity({"a": np.eye(3)}, 1.0, tmp_path / "page.html", traces).read_text()
    assert "Membrane" not in page


def test_all_populations_are_seen_whatever_their_size():
    sizes = {"large": 100_000, "small": 500, "tiny": 3}
    drawn = _drawn(sizes)
    assert [len(drawn[name]) for name in sizes] == [266, 68, 3]
    for name, chosen in drawn.items():
        assert len(set(chosen)) == len(chosen)
        assert chosen.min() >= 0
        assert chosen.max() < sizes[name]
    everyone = _drawn({"a": 100, "b": 300})
    assert [len(chosen) for chosen in everyone.values()] == [100, 300]


def test_thinned_traces_keep_their_spikes():
    values = np.full(100_003, -65.0)
    values[[51_234, 99_999]] = 20.0, 30.0
    values[70_000] = -90.0
    time, thin = _thin(np.arange(100_003) * 0.1, values)
    assert len(thin) < 2000
    assert (np.diff(time) > 0).all()
    assert time[thin == 20.0] == pytest.approx(5123.4)
    assert thin.min() == -90.0
    assert thin.max() == 30.0


def test_histograms_leave_out_what_is_not_finite_and_say_the_median():
    drawn = histogram({"a": np.array([np.nan, 1.0, 2.0, 9.0]), "b": np.zeros(0)}, "Title", "x")
    assert "a, median 2<" in drawn.decode()
    assert "b, median" not in drawn.decode()
    assert histogram({"a": np.array([np.nan])}, "Title", "x") is None
    assert interval_histogram({"a": np.zeros(0)}, 0.1) is None


def stored(spikes, name="exc"):
    events = events_of(spikes)
    return {
        f"spikes/{name}/events": np.stack([events.tick, events.neuron]).astype(np.int32),
        f"spikes/{name}/shape": np.array([events.ticks, events.size]),
    }


def test_a_run_that_kept_its_spikes_has_them_in_its_report(fake_run):
    traces = {"traces/exc/time": np.arange(50.0), "traces/exc/values": np.ones((50, 2))}
    arrays = stored(poisson(0.05, 2000, 30)) | stored(np.zeros((2000, 5)), "silent") | traces
    run = fake_run(with_arrays=arrays, epochs=0)
    page = write_report(run).read_text(encoding="utf-8")
    assert '<section id="dynamics">' in page
    assert 'href="#dynamics"' in page
    assert "Spikes of all neurons" in words(page)
    assert "Membrane voltage (mV)" in words(page)
    assert "<td>silent</td>" in page


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        ({"spikes/exc/shape": np.array([10])}, "spikes/exc"),
        ({"spikes/exc/shape": np.array([10, 2])}, "spikes/exc"),
        ({"spikes/exc/events": np.zeros((3, 4), int)}, "spikes/exc"),
        ({"spikes/exc/events": np.zeros((2, 4), int)}, "twice in tick 0"),
        (stored(np.eye(7), "inh"), "exc of 200 ticks, inh of 7 ticks"),
        ({"traces/exc/time": np.arange(5.0)}, "traces/exc: got time alone"),
        (
            {"traces/exc/time": np.arange(5.0), "traces/exc/values": np.ones((4, 2))},
            r"shapes \(5,\) and \(4, 2\)",
        ),
    ],
)
def test_stored_spikes_that_do_not_fit_are_refused(fake_run, damage, place):
    run = fake_run(with_arrays=stored(poisson(0.05, 200, 30)) | damage, epochs=0)
    with pytest.raises(InputError, match=place) as caught:
        write_report(run)
    assert "expected" in str(caught.value)
    assert "Fix:" in str(caught.value)


def test_stored_spikes_need_the_length_of_a_tick(fake_run):
    run = fake_run(epochs=0)
    arrays = stored(np.eye(9))
    write_arrays(RunFolder(run).arrays, arrays, {"about": json.dumps({"classes": []})})
    with pytest.raises(InputError, match="tick_ms"):
        write_report(run)


def test_the_same_spikes_give_the_same_page(tmp_path):
    pages = [
        write_activity({"a": form}, 1.0, tmp_path / "page.html").read_text()
        for form in (poisson(0.1, 500, 40), events_of(poisson(0.1, 500, 40)))
    ]
    assert len(set(pages)) == 1
