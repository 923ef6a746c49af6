"""What is timed: sizes of every cell. What comes before the first dash is the problem's name."""

CTM = {"batch": 32, "tokens": 64, "features": 64, "ticks": 50, "width": 64, "heads": 4}
CTM |= {"memory": 15, "hidden": 8, "pairs_of": 16, "classes": 10}

# The neuron of the paper's cortical cell, its best model, and that of the system `elm`.
NEURONIO = {"inputs": 1278, "outputs": 2, "branches": 45, "synapses": 100}
NEURONIO |= {"ticks": 1000, "batch": 8, "units": 20}
BEST = NEURONIO | {"units": 100, "batch": 32}
RECALL = {"inputs": 8, "outputs": 4, "branches": 8, "synapses": 1}
RECALL |= {"ticks": 1000, "batch": 32, "units": 20, "version": 1}
PLRNN = {"size": 3, "hidden": 50, "ticks": 200, "batch": 16}

EVENTS = {"ticks": 100}

CELLS: dict[str, dict] = {
    "ctm-D128": CTM | {"neurons": 128},
    "ctm-D512": CTM | {"neurons": 512},
    **{
        f"egru-n{n}-{percent}": EVENTS | {"units": n, "activity": percent / 100}
        for n in (512, 1024, 2048)
        for percent in (5, 10, 30, 60, 100)
    },
    "elm-best-v1": BEST | {"version": 1},
    "elm-best-v2": BEST | {"version": 2},
    "elm-neuronio-v1": NEURONIO | {"version": 1},
    "elm-neuronio-v2": NEURONIO | {"version": 2},
    "elm-recall-v1": RECALL,
    "plrnn-M3": PLRNN,
    "plrnn-M3-T1000": PLRNN | {"ticks": 1000},
    "plrnn-M20": PLRNN | {"size": 20, "hidden": 200, "ticks": 50},
}
