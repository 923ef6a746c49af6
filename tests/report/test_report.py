import json
import re
from html import escape
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from neuropil.report import compare_runs, number, shown, spoken, write_comparison, write_report
from neuropil.report._activity import group, rasters
from neuropil.report._synapses import as_map
from neuropil.systems import InputError, RunFolder, write_arrays

from .conftest import CLAIMS

SETUP = {"batch_size": 32, "training_samples": 1257, "validation_samples": 180}


def page_of(run):
    return write_report(run).read_text(encoding="utf-8")


def change(path, edit):
    """Edit a JSON file in place."""
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def pictures(page):
    return [unquote(text) for text in re.findall(r'src="data:image/svg\+xml,([^"]+)"', page)]


def test_a_report_has_all_its_parts_and_can_be_mailed(whole):
    run, page = whole
    for anchor in ("claims", "learning", "activity", "delays", "weights", "results", "cost",
                   "repeat"):  # fmt: skip
        assert f'<section id="{anchor}">' in page
        assert f'href="#{anchor}"' in page
    assert "neuropil run delays --data digits --seed 0 --out run" in page
    assert "95.3 %" in page
    assert "<td>batch size</td><td>chosen by the system</td>" in page
    assert "calibrated over three seeds" in page
    assert "no delays (kernel of one bin)" in page
    assert (run / "report.html").stat().st_size < 3e6


def test_nothing_is_loaded_from_elsewhere(whole):
    page = whole[1]
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    outside = [link for link in links if not link.startswith(("data:", "#"))]
    assert outside == ["https://doi.org/10.48550/arXiv.2306.17670"]
    assert "@import" not in page
    assert "<script" not in page
    for picture in pictures(page):
        assert not re.search(r'href="https?:|url\(["\']?https?:', picture)


def test_every_picture_is_described_and_follows_light_and_dark(whole):
    page = whole[1]
    drawn = pictures(page)
    assert len(drawn) == page.count("<img") == page.count("<figcaption>") == 9
    assert all(len(alt) > 15 for alt in re.findall(r'alt="([^"]*)"', page))
    for picture in drawn:
        ElementTree.fromstring(picture)
        assert "prefers-color-scheme:dark" in picture
        left_over = re.findall(r"#(?:010203|040506|070809|0a0b0c|0d0e0f|101112|131415)", picture)
        assert not left_over


@pytest.mark.slow
def test_large_arrays_stay_small_enough_to_mail(fake_run):
    rng = np.random.default_rng(0)
    arrays = {}
    for layer in range(7):
        name = f"projection {layer}"
        weights = rng.normal(size=(700, 600)).astype(np.float32)
        arrays[f"weights/{name}/before"] = arrays[f"weights/{name}/after"] = weights
        arrays[f"delays/{name}/before"] = arrays[f"delays/{name}/after"] = abs(weights) * 10
    spikes = (rng.random((1000, 2000)) < 0.02).astype(np.uint8)
    for node in range(8):
        arrays[f"rates/node {node}"] = rng.gamma(2.0, 3.0, 5000)
        for sample in range(5):
            arrays[f"raster/{sample}/node {node}"] = spikes
    arrays["confusion"] = rng.poisson(3, (100, 100))
    run = fake_run(with_arrays=arrays, epochs=0)
    page = page_of(run)
    assert (run / "report.html").stat().st_size < 3e6
    assert "1 more are in arrays.safetensors" in page


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"weights/a/after": np.full((3, 3), np.nan, np.float32)},
        {"weights/a/after": np.zeros((3, 3), np.float32)},
        {"weights/a/before": np.ones(4, np.float32)},
        {"weights/conv/after": np.random.default_rng(0).normal(size=(2, 3, 3, 4))},
        {"delays/a/before": np.zeros((2, 2)), "delays/a/after": np.zeros((3, 2))},
        {"raster/a/b": np.zeros((0, 4)), "rates/b": np.zeros(0), "confusion": np.zeros((0, 0))},
        {"raster/a/b": np.zeros((5, 4)), "raster/c/d": np.ones((5, 2, 2))},
        {"raster/a/b": np.linspace(-1, 1, 90).reshape(3, 30)},
        {"rates/b": np.zeros(3), "confusion": np.zeros((2, 3), int)},
        {"raster/a/b": np.float32(1.0), "confusion": np.full((2, 2), np.nan)},
    ],
)
def test_odd_arrays_are_drawn_or_left_out(fake_run, arrays):
    assert "</html>" in page_of(fake_run(with_arrays=arrays, epochs=0))


def test_a_stopped_run_has_a_report_that_says_so(fake_run):
    page = page_of(fake_run(finished=False, epochs=7))
    assert "has not finished" in page
    assert "7 epochs" in page
    assert '<section id="learning">' in page
    assert '<section id="results">' not in page


def test_a_log_with_gaps_is_drawn(fake_run):
    run = fake_run()
    lines = [
        '{"epoch": 0}',
        '{"train": {"loss": null}}',
        '{"epoch": 2, "rates": 3, "seconds": "x"}',
        '{"epoch": 3, "train": {"loss": 0.5}}',
        "broken",
    ]
    (run / "log.jsonl").write_text("\n".join(lines))
    assert '<section id="learning">' in page_of(run)
    (run / "log.jsonl").unlink()
    assert '<section id="learning">' not in page_of(run)


def test_names_are_shown_as_text_not_as_markup(fake_run):
    arrays = {"raster/<b>x/<i>y": np.ones((4, 2)), "weights/<script>/after": np.eye(3)}
    run = fake_run(with_arrays=arrays, epochs=0)
    config = json.loads((run / "config.json").read_text())
    config["title"] = "<script>alert(1)</script> & more $x^2$"
    (run / "config.json").write_text(json.dumps(config))
    page = page_of(run)
    assert "<script" not in page
    assert "<b>x" not in page
    for picture in pictures(page):
        ElementTree.fromstring(picture)


def test_failing_claims_are_shown_as_such(fake_run):
    run = fake_run(epochs=0)
    path = RunFolder(run).metrics
    content = json.loads(path.read_text())
    content["claims"][0]["holds"] = False
    content["claims"][1]["ablation"]["holds"] = True
    content["claims"][2]["measured"] = None
    content["claims"][2]["holds"] = False
    path.write_text(json.dumps(content))
    page = page_of(run)
    assert page.count('class="claim failed"') == 3
    assert "its ablation does not fail" in page
    content["claims"][2]["bound"] = "<= 0.5"
    path.write_text(json.dumps(content))
    assert "Bound ≤\u00a00.5 in its quick form" in page_of(run)
    content["claims"] = []
    path.write_text(json.dumps(content))
    page = page_of(run)
    assert "Not checked here: <code>neuropil verify delays</code>" in page
    assert 'class="claim ' not in page
    for claim in CLAIMS:
        assert escape(claim["derivation"]) in page


def test_the_same_folder_gives_the_same_page(fake_run):
    run = fake_run(with_arrays={"rates/a": np.arange(9.0)}, epochs=0)
    first = page_of(run)
    RunFolder(run).report.unlink()
    assert page_of(run) == first


def test_what_the_system_chose_is_told(fake_run):
    run = fake_run(epochs=0)
    change(RunFolder(run).metrics, lambda c: c.update(setup=SETUP))
    page = page_of(run)
    assert "<td>batch size</td><td>32</td>" in page
    assert "digits (1 257 to train, 180 to validate)" in page
    assert compare_runs([run, fake_run("other")])["asked"]["batch_size"] == [32, None]


def test_a_small_form_is_told_apart_with_the_reason_for_its_bound(fake_run):
    run = fake_run(epochs=0)

    def declare(config):
        config["claims"][0] |= {"quick_bound": ">= 0.6", "quick_derivation": "few epochs."}

    change(RunFolder(run).config, declare)
    change(RunFolder(run).metrics, lambda c: c["claims"][0].update(bound=">= 0.6"))
    page = page_of(run)
    assert "Bound ≥\u00a00.6 in its quick form</b>: few epochs." in page
    assert "In full ≥\u00a00.9:</b> calibrated over three seeds" in page


def test_the_line_of_the_right_class_stands_out():
    traces = np.zeros((30, 3), np.float32)
    traces[:, 2] = np.linspace(0, 5, 30)
    drawn = {}
    for classes in (["a", "b", "c"], ["b", "a", "c"], []):
        picture = rasters({"a": {"readout": traces}}, 1.0, classes).decode()
        found = re.findall(
            r'<path d="([^"]*)"[^>]*style="fill: none; stroke: var\(--second\)', picture
        )
        drawn[tuple(classes)] = found
    assert len(drawn["a", "b", "c"]) == len(drawn["b", "a", "c"]) == 1
    assert not drawn[()]


def test_drawing_leaves_matplotlib_as_it_was(fake_run):
    import matplotlib

    before = dict(matplotlib.rcParams)
    page_of(fake_run())
    assert dict(matplotlib.rcParams) == before


def test_damaged_files_are_refused(fake_run):
    run = fake_run(epochs=0)
    (run / "arrays.safetensors").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"arrays\.safetensors"):
        write_report(run)
    (run / "metrics.json").write_text("{")
    with pytest.raises(InputError, match=r"metrics\.json"):
        write_report(run)
    assert not RunFolder(run).report.exists()


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("config", lambda c: c.pop("title"), ["config.json", "title"]),
        ("config", lambda c: c.update(settings=[1]), ["config.json, settings", "a dict"]),
        ("config", lambda c: c.update(claims=["x"]), ["claims[0]", "str"]),
        ("config", lambda c: c["claims"][1].pop("bound"), ["claims[1]", "bound"]),
        ("metrics", lambda c: c.update(metrics=None), ["metrics.json, metrics", "None"]),
        ("metrics", lambda c: c["claims"][0].pop("ablation"), ["claims[0]", "ablation"]),
        ("metrics", lambda c: c["claims"][0].update(measured="high"), ["claims[0]", "'high'"]),
        ("metrics", lambda c: c["claims"][2]["ablation"].pop("measured"), ["claims[2].ablation"]),
        ("metrics", lambda c: c["claims"][0].update(bound="> x"), ["bound", "'> x'"]),
    ],
)
def test_a_file_that_misses_something_is_refused_with_the_place(fake_run, file, damage, words):
    run = fake_run(epochs=0)
    change(getattr(RunFolder(run), file), damage)
    for use in (write_report, lambda run: compare_runs([run, run])):
        with pytest.raises(InputError) as caught:
            use(run)
        assert all(word in str(caught.value) for word in (*words, "expected", "Fix:"))


def test_arrays_with_a_damaged_note_are_refused(fake_run):
    run = fake_run(epochs=0)
    write_arrays(RunFolder(run).arrays, {"confusion": np.eye(2)}, {"about": "{"})
    with pytest.raises(InputError, match="about"):
        write_report(run)


def test_thinning_a_map_keeps_the_strongest_synapse():
    weights = np.full((600, 1000), 0.01, np.float32)
    weights[431, 777] = -5.0
    thin = as_map(weights)
    assert max(thin.shape) <= 256
    assert thin.min() == -5.0
    row, column = np.unravel_index(thin.argmin(), thin.shape)
    assert abs(row / thin.shape[0] - 431 / 600) < 0.02
    assert abs(column / thin.shape[1] - 777 / 1000) < 0.02


def test_grouping_keeps_slashes_of_projections():
    found = group({"weights/a/b -> c/after": np.ones(1), "weights": np.ones(1)}, "weights")
    assert list(found) == ["a/b -> c"]


def test_words():
    assert shown("test_accuracy", 0.9534) == "95.3 %"
    assert shown("count", None) == "not a number"
    assert shown("hidden", [3, 4]) == "3, 4"
    assert spoken("wall_s") == "wall (s)"
    assert number(float("inf")) == "not a number"
    assert number(-2.5) == "-2.5"


def test_a_comparison_collects_what_differs(fake_run, tmp_path):
    runs = [fake_run("a"), fake_run("b", seed=1), fake_run("c", finished=False)]
    found = compare_runs(runs)
    assert found["runs"] == ["a", "b", "c"]
    assert found["asked"]["learning_rate"] == [0.001, 0.002, 0.001]
    assert found["metrics"]["test_accuracy"] == [0.953, pytest.approx(0.943), None]
    assert found["claims"]["no_delay_is_chance"] == [True, True, None]
    page = write_comparison(runs, tmp_path / "page.html").read_text()
    assert '<tr class="changed"><td>seed</td>' in page
    assert '<tr class="changed"><td>epochs</td>' not in page
    with pytest.raises(InputError, match="at least two"):
        compare_runs(runs[:1])


def test_runs_of_one_name_are_told_apart_by_their_paths(fake_run):
    found = compare_runs([fake_run("x/run"), fake_run("y/run")])
    assert len(set(found["runs"])) == 2
