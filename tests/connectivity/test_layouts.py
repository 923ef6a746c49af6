"""Whatever form synapses are given in, they are the same synapses."""

import tracemalloc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.connectivity import (
    AxonalDelay,
    DelayedDense,
    Dense,
    NoDelay,
    OneToOne,
    ProjectionDelay,
    Sparse,
    _edge_table,
    from_edges,
    from_matrix,
    merge_duplicates,
    read_edges,
    to_dense,
    to_fan_in,
    to_matrix,
    to_sparse,
)
from neuropil.core import NeuropilError, coactivity

TIME = 4


@st.composite
def edge_lists(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size, longest = draw(st.sampled_from([0, 1, 12])), draw(st.sampled_from([0, 3]))
    return {
        "source": 5,
        "target": 4,
        "pre": rng.integers(0, 5, size),
        "post": rng.integers(0, 4, size),
        "weight": rng.normal(size=size).astype(np.float32),
        "ticks": rng.integers(0, longest + 1, size),
    }


def arrivals(kind, weight, signal):
    """What arrives in every tick, tick by tick."""
    past = jnp.concatenate([jnp.zeros((kind.depth, *kind.source)), signal])
    windows = [past[t : t + kind.depth + 1][::-1] for t in range(len(signal))]
    return jnp.stack([kind.transmit(weight, kind.read(window)) for window in windows])


def by_hand(edges, signal):
    """Each edge delivers on its own."""
    out = np.zeros((TIME, edges["target"]))
    for i, j, w, d in zip(*(edges[n] for n in ("pre", "post", "weight", "ticks")), strict=True):
        out[d:, j] += w * signal[: TIME - d, i]
    return out


def signal_for(edges):
    return np.random.default_rng(1).normal(size=(TIME, edges["source"])).astype(np.float32)


def without_repeats(edges):
    pairs = edges["pre"] * edges["target"] + edges["post"]
    first = np.unique(pairs, return_index=True)[1]
    return {name: v if np.ndim(v) == 0 else v[first] for name, v in edges.items()}


@given(edges=edge_lists())
@settings(max_examples=6, deadline=None)
def test_every_layout_delivers_what_the_edges_do(edges):
    sparse, weight = from_edges(**edges)
    signal = signal_for(edges)
    expected = by_hand(edges, signal)
    for kind, w in (
        (sparse, weight),
        to_fan_in(sparse, weight),
        merge_duplicates(sparse, weight),
    ):
        np.testing.assert_allclose(arrivals(kind, w, signal), expected, atol=1e-5)


@given(edges=edge_lists())
@settings(max_examples=6, deadline=None)
def test_matrices_deliver_what_edges_of_different_pairs_do(edges):
    edges = without_repeats(edges)
    sparse, weight = from_edges(**edges)
    dense, matrix = to_dense(sparse, weight)
    assert type(dense) is (Dense if sparse.ticks is None else DelayedDense)
    signal = signal_for(edges)
    np.testing.assert_allclose(arrivals(dense, matrix, signal), by_hand(edges, signal), atol=1e-5)
    np.testing.assert_array_equal(matrix, to_matrix(sparse, weight))
    ticks = dense.ticks.array if isinstance(dense, DelayedDense) else dense.depth
    back, again = from_matrix(matrix, ticks=ticks)
    for name in ("starts", "targets", "ticks"):
        np.testing.assert_array_equal(getattr(back, name), getattr(sparse, name))
    np.testing.assert_array_equal(again, weight)


@given(edges=edge_lists())
@settings(max_examples=6, deadline=None)
def test_coactivity_is_the_same_in_every_layout(edges):
    """One weight per edge, so that the co-activity of an edge can be found in each."""
    edges = without_repeats(edges) | {"weight": 1.0}
    sparse, weight = from_edges(**edges)
    fan_in, places = to_fan_in(sparse, weight)
    dense, matrix = to_dense(sparse, weight)
    rng = np.random.default_rng(2)
    window = jnp.asarray(rng.normal(size=(sparse.depth + 1, edges["source"])), jnp.float32)
    post = jnp.asarray(rng.normal(size=edges["target"]), jnp.float32)
    own = coactivity(sparse, sparse.read(window), post)
    by_pair = np.zeros(matrix.shape, np.float32)
    by_pair[np.asarray(sparse.sources), np.asarray(sparse.targets)] = own
    found = coactivity(fan_in, fan_in.read(window), post)
    taken = np.asarray(fan_in.indices) >= 0
    rows = np.nonzero(taken)[0]
    np.testing.assert_allclose(found[taken], by_pair[fan_in.indices[taken], rows], rtol=1e-6)
    assert not np.asarray(found)[~taken].any()
    np.testing.assert_array_equal(taken, np.asarray(places) != 0)
    pairs = coactivity(dense, dense.read(window), post)
    there = np.asarray(matrix) != 0
    np.testing.assert_allclose(np.asarray(pairs)[there], by_pair[there], rtol=1e-6)


def test_gradients_are_the_same_in_the_fan_in_layout():
    rng = np.random.default_rng(0)
    pre, post = rng.integers(0, 8, 30), rng.integers(0, 5, 30)
    sparse, weight = from_edges(8, 5, pre, post, weight=rng.normal(size=30), ticks=pre % 3)
    signal = jnp.asarray(rng.normal(size=(TIME, 8)), weight.dtype)

    def score(weight, signal, convert):
        kind, w = convert(weight)
        return jnp.sum(jnp.sin(arrivals(kind, w, signal)))

    fan_in = to_fan_in(sparse, weight)[0]
    as_it_is = jax.grad(score, (0, 1))(weight, signal, lambda w: (sparse, w))
    gathered = jax.grad(score, (0, 1))(
        weight, signal, eqx.filter_jit(lambda w: (fan_in, to_fan_in(sparse, w)[1]))
    )
    for a, b in zip(as_it_is, gathered, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@given(edges=edge_lists())
@settings(max_examples=6, deadline=None)
def test_the_list_comes_back_from_every_layout(edges):
    """In the same order, with the same weights, several of a pair among them."""
    listed = from_edges(**edges)
    apart = from_edges(**without_repeats(edges))
    for there, (expected, weight) in ((to_fan_in, listed), (to_dense, apart)):
        back, again = to_sparse(*there(expected, weight))
        for name in ("source", "target", "starts", "targets", "ticks", "depth", "shortest"):
            np.testing.assert_array_equal(getattr(back, name), getattr(expected, name))
        np.testing.assert_array_equal(again, weight)


@pytest.mark.parametrize("delay", [NoDelay(), ProjectionDelay(2), AxonalDelay([[0, 2], [3, 1]])])
@pytest.mark.parametrize("layout", ["dense", "one to one"])
def test_what_is_listed_delivers_what_matrices_and_pairs_do(layout, delay):
    rng = np.random.default_rng(4)
    kind = Dense((2, 2), 3, delay) if layout == "dense" else OneToOne((2, 2), delay)
    weight = rng.normal(size=kind.weight_shape).astype(np.float32)
    signal = jnp.asarray(rng.normal(size=(TIME, 2, 2)), jnp.float32)
    listed, own = to_sparse(kind, weight)
    assert (listed.source, listed.target) == (kind.source, kind.target)
    expected = arrivals(kind, weight, signal)
    np.testing.assert_allclose(arrivals(listed, own, signal), expected, atol=1e-5)


def test_weights_of_places_that_are_not_known_yet_are_listed_too():
    sparse, weight = from_edges(**many(60) | {"source": 900, "target": 900})
    fan_in, places = to_fan_in(sparse, weight)
    np.testing.assert_array_equal(jax.jit(lambda w: to_sparse(fan_in, w)[1])(places), weight)


def test_places_that_are_free_deliver_nothing_whatever_they_weigh():
    fan_in, weight = to_fan_in(*from_edges(3, 2, [0, 1, 2], [0, 0, 1]))
    np.testing.assert_array_equal(weight, [[1.0, 1.0], [1.0, 0.0]])
    signal = jnp.full((1, 3), 2.0)
    np.testing.assert_array_equal(arrivals(fan_in, jnp.full((2, 2), 7.0), signal), [[28.0, 14.0]])


@pytest.mark.parametrize("form", ["csr_array", "csc_matrix", "coo_array", "lil_array"])
def test_scipy_matrices_of_every_form(form):
    matrix = np.array([[0.0, 1.5, 0.0], [0.25, 0.0, -2.0]])
    sparse, weight = from_matrix(getattr(scipy.sparse, form)(matrix), ticks=3)
    plain, same = from_matrix(matrix, ticks=3)
    np.testing.assert_array_equal(sparse.targets, plain.targets)
    np.testing.assert_array_equal(weight, same)
    assert sparse.depth == 3
    np.testing.assert_array_equal(to_matrix(sparse, weight), matrix)


def test_what_scipy_stores_is_a_synapse():
    stored = scipy.sparse.coo_array(([0.0, 1.0, 2.0], ([0, 1, 1], [1, 0, 0])), (2, 2))
    sparse, weight = from_matrix(stored)
    assert weight.tolist() == [0.0, 1.0, 2.0]
    assert merge_duplicates(sparse, weight)[1].tolist() == [0.0, 3.0]


def test_synapses_of_different_delays_are_not_merged():
    sparse, weight = from_edges(1, 1, [0, 0, 0], [0, 0, 0], weight=[1.0, 2.0, 4.0], ticks=[2, 1, 2])
    merged, summed = merge_duplicates(sparse, weight)
    assert merged.ticks.tolist() == [1, 2]
    assert summed.tolist() == [2.0, 5.0]
    with pytest.raises(NeuropilError, match="sparse: .*different delays"):
        to_dense(sparse, weight)


def test_neurons_beyond_32_bits_are_not_taken_for_others():
    with pytest.raises(NeuropilError, match="post: got neuron 4294967297 at index 1"):
        from_edges(2, 3, [0, 1], [0, 2**32 + 1])
    with pytest.raises(NeuropilError, match="ticks: got 4294967297"):
        Sparse(1, 1, [0, 1], [0], [2**32 + 1])


def many(n, seed=0):
    rng = np.random.default_rng(seed)
    ends = {name: rng.integers(0, 900, n, dtype=np.int32) for name in ("pre", "post")}
    return ends | {
        "weight": rng.random(n, dtype=np.float32),
        "ticks": rng.integers(1, 9, n, dtype=np.int32),
    }


@pytest.mark.parametrize("is_sorted", [False, True])
def test_many_edges_are_placed_as_a_stable_sort_would_in_little_memory(is_sorted):
    edges, told = many(3_000_000), []
    if is_sorted:
        edges["pre"].sort()
    tracemalloc.start()
    sparse, weight = from_edges(
        900, 900, **edges, progress=lambda done, total: told.append((done, total))
    )
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 45 * weight.size  # bytes, with 12 to stay, and blocks of a million
    order = np.lexsort((edges["post"], edges["pre"]))
    np.testing.assert_array_equal(sparse.targets, edges["post"][order])
    np.testing.assert_array_equal(sparse.ticks, edges["ticks"][order])
    np.testing.assert_array_equal(weight, edges["weight"][order])
    assert told == sorted(told) and told[-1] == (weight.size, weight.size) and len(told) > 2


def test_a_large_matrix_is_read_in_rows():
    matrix, told = many(3_600_000)["weight"].reshape(1200, 3000), []
    matrix[matrix < 0.5] = 0
    sparse, weight = from_matrix(matrix, progress=lambda done, total: told.append((done, total)))
    rows, columns = np.nonzero(matrix)
    np.testing.assert_array_equal(sparse.sources, rows)
    np.testing.assert_array_equal(sparse.targets, columns)
    np.testing.assert_array_equal(weight, matrix[rows, columns])
    assert told == sorted(told) and told[-1] == (1200, 1200) and len(told) > 2


def test_edges_may_be_listed_while_a_program_is_made_with_weights_that_are_not_known_yet():
    edges = many(60)

    def arriving(weight):
        kind, strength = from_edges(900, 900, **edges | {"weight": weight})
        return strength, kind.targets

    strength, targets = jax.jit(arriving)(edges["weight"])
    expected, given = from_edges(900, 900, **edges)
    np.testing.assert_array_equal(strength, given)
    np.testing.assert_array_equal(targets, expected.targets)


@pytest.mark.parametrize(
    ("pre", "complaint"),
    [
        ([0, 2, -1], "pre: got neuron -1 at index 2; .*counted from 0"),
        ([1, 3, 4], "pre: got neuron 3 at index 1; .*shape of the source"),
    ],
)
def test_the_first_edge_of_no_neuron_is_named(pre, complaint):
    with pytest.raises(NeuropilError, match="(?s)" + complaint):
        from_edges(3, 3, pre, [0, 1, 2])


@pytest.mark.parametrize(
    ("starts", "got"),
    [
        ([0, 2, 1, 3], "2, then 1 at index 2"),
        ([0, 2, 3], "3 numbers"),
        ([1, 2, 2, 3], "numbers from 1 to 3"),
        ([0, 2, 2, 2], "numbers from 0 to 2"),
    ],
)
def test_what_is_wrong_with_starts_is_shown(starts, got):
    expected = f"starts: got {got}; expected 4 numbers that grow from 0 to 3"
    with pytest.raises(NeuropilError, match=expected):
        Sparse(3, 3, starts, [0, 1, 2])


HEAD = "pre,post,weight,delay\n"


def written(tmp_path, text):
    path = tmp_path / "edges.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [",", "\t"])
def test_edges_of_a_file_are_sorted_and_repeats_kept(tmp_path, separator):
    text = "post,note,delay,w,pre\n2,a,0.2,1.5,1\n0,b,0.1,-2,0\n\n2,c,0.2,0.5,1\n"
    path = written(tmp_path, text.replace(",", separator))
    sparse, weight = read_edges(path, 2, 3, weight="w", delay="delay", dt=0.1)
    assert sparse.starts.tolist() == [0, 1, 3]
    assert sparse.targets.tolist() == [0, 2, 2]
    assert sparse.ticks.tolist() == [1, 2, 2]
    assert weight.tolist() == [-2.0, 1.5, 0.5]
    plain, ones = read_edges(path, 2, 3, weight=None)
    assert (plain.depth, ones.tolist()) == (0, [1.0, 1.0, 1.0])


def test_quoted_fields_and_marks_of_encoding_are_read(tmp_path):
    path = written(tmp_path, '\ufeffpre,post,weight\n"1","0","0.5"\n')
    sparse, weight = read_edges(path, 2, 1)
    assert (sparse.starts.tolist(), weight.tolist()) == ([0, 0, 1], [0.5])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1_0,0,1,0.1", "pre = '1_0'; expected a neuron from 0 to 1"),
        ("+1,0,1,0.1", "pre = '+1'; expected a neuron from 0 to 1"),
        ("0,1,1e300,0.1", "weight = '1e300'; expected a finite number, at most 3.4"),
        ("2,0,1,0.1", "pre = '2'; expected a neuron from 0 to 1"),
        ("0,-1,1,0.1", "post = '-1'; expected a neuron from 0 to 2"),
        ("0,1.5,1,0.1", "post = '1.5'; expected a neuron"),
        ("0,1,nan,0.1", "weight = 'nan'; expected a finite number"),
        ("0,1,,0.1", "weight = ''; expected a finite number"),
        ("0,1,heavy,0.1", "weight = 'heavy'"),
        ("0,1,1,-0.1", "delay = '-0.1'; expected a delay in ms"),
        ("0,1,1,0.15", "delay = '0.15'; expected a delay in ms that is a whole number of ticks"),
        ("0,1,1,inf", "delay = 'inf'"),
        ("0,1,1", "3 columns; expected 4"),
        ("0,1,1,0.1,9", "5 columns; expected 4"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, row, complaint):
    path = written(tmp_path, HEAD + "0,1,1,0.1\n\n" + row + "\n0,0,1,0.1\n")
    with pytest.raises(NeuropilError) as refusal:
        read_edges(path, 2, 3, delay="delay", dt=0.1)
    assert str(refusal.value).startswith("path: line 4: got " + complaint)


def test_files_without_the_column_or_without_edges_are_refused(tmp_path):
    path = written(tmp_path, HEAD)
    with pytest.raises(NeuropilError, match="path: .*without edges"):
        read_edges(path, 2, 3)
    with pytest.raises(NeuropilError, match="weight: got strength; expected a column"):
        read_edges(path, 2, 3, weight="strength")
    with pytest.raises(NeuropilError, match="path: got nowhere.csv"):
        read_edges("nowhere.csv", 2, 3)
    with pytest.raises(NeuropilError, match="dt: got None"):
        read_edges(path, 2, 3, delay="delay")


NAMES = {"pre": ["ASHL", "ASHR"], "post": ["AVAL", "AVAR", "ASHR"]}


def test_neurons_go_by_name_where_names_are_given(tmp_path):
    path = written(tmp_path, 'pre,post,weight\nASHR,AVAR,2\nASHL,ASHR,3\n ASHR ,"AVAL",4\n')
    sparse, weight = read_edges(path, 2, 3, names=NAMES)
    assert sparse.sources.tolist() == [0, 1, 1]
    assert sparse.targets.tolist() == [2, 0, 1]
    assert weight.tolist() == [3.0, 4.0, 2.0]
    path.write_text("pre,post,weight\nB,A,2\n")
    both, _ = read_edges(path, 2, 2, names=["A", "B"])
    assert (both.starts.tolist(), both.targets.tolist()) == ([0, 0, 1], [0])
    path.write_text("pre,post,weight\nASHL,AVAL,2\nASHL,ASHL,3\n")
    complaint = "path: line 3: got post = 'ASHL'; expected one of the 3 names, such as 'AVAL'"
    with pytest.raises(NeuropilError, match=complaint):
        read_edges(path, 2, 3, names=NAMES)


def test_a_file_is_read_in_blocks_as_it_is_at_once(tmp_path, monkeypatch):
    edges = many(2_000)
    rows = zip(*(edges[name].tolist() for name in ("pre", "post", "weight", "ticks")), strict=True)
    lines = [f"{i},{j},{w!r},{d}{', ' if k % 7 else ','}{k}" for k, (i, j, w, d) in enumerate(rows)]
    lines[900] = ",".join([*lines[900].split(",")[:-1], '"a remark,\nof lines"'])
    lines[1200] += "\r\n\r\n"
    path = written(tmp_path, "pre,post,weight,delay,note\n" + "\n".join(lines))
    expected = from_edges(900, 900, **edges)
    for size in (2**23, 300, 1):
        monkeypatch.setattr(_edge_table, "BYTES", size)
        found = read_edges(path, 900, 900, delay="delay", dt=1.0)
        for name in ("starts", "targets", "ticks"):
            np.testing.assert_array_equal(getattr(found[0], name), getattr(expected[0], name))
        np.testing.assert_array_equal(found[1], expected[1])
    path.write_text(path.read_text() + "\n900,0,1.0,1,\n")
    with pytest.raises(NeuropilError, match="path: line 2005: got pre = '900'"):
        read_edges(path, 900, 900, delay="delay", dt=1.0)


def test_a_large_file_is_read_in_little_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(_edge_table, "BYTES", 2**16)
    path = written(tmp_path, HEAD + "12,700,0.125,0.5\n" * 400_000)
    tracemalloc.start()
    weight = read_edges(path, 900, 900, delay="delay", dt=0.1)[1]
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 120 * weight.size  # bytes; a Python number takes 32
