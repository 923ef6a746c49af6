"""Text as symbols: any file, the King James Bible, and a source whose best score is known."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._content import digest, verify
from ._errors import as_count, as_positive, as_text, damaged, fail
from ._fetch import folders, not_found
from ._samples import Samples, generator

_SHARES = 0.9, 0.95  # where validation and test begin
_FILE, _PROGRAM, _ALL = "bible-kjv.txt", "bible", "gen1:1-rev22:21"
_HASH = "cd45f0c9cedab8e4439bd6486c8952c77cc8b0ecc5d1f6ae3513f2039f47229d"
_SUCCESSORS = (0.6, 0.3, 0.1)


@dataclass(frozen=True, eq=False)
class Text:
    """A text as symbols, in three parts that follow each other; all arrays are read-only.

    **Arguments:** `name`; `train`, `validation`, `test`, [position], indices of symbols;
    `symbols`, what each stands for; `source` and `licence`; `floor`, the perplexity that no
    prediction falls below, where it is known.

    **Raises:** `TaskError` where these do not fit together.

    >>> part = np.array([0, 1, 1, 0])
    >>> text = Text("toy", part, part, part, ("a", "b"), "made here", "CC0")
    >>> text.windows("train", 3).targets.tolist()
    [[1, 1, 0]]
    """

    name: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    symbols: tuple[str, ...]
    source: str
    licence: str
    floor: float | None = None

    def __post_init__(self):
        """Check symbols, and make the arrays read-only."""
        for name in ("name", "source", "licence"):
            as_text(getattr(self, name), name)
        if not isinstance(self.symbols, tuple) or not self.symbols:
            fail("symbols", self.symbols, "a tuple of texts", "name every symbol")
        for symbol in self.symbols:
            as_text(symbol, "symbols")
        if self.floor is not None and as_positive(self.floor, "floor", "") < 1.0:
            fail("floor", self.floor, "a perplexity, at least 1, or None", "pass exp(entropy rate)")
        for part in ("train", "validation", "test"):
            value, expected = getattr(self, part), f"indices below {len(self.symbols)}"
            good = isinstance(value, np.ndarray) and value.ndim == 1 and value.size
            if not good or value.dtype.kind not in "iu":
                fail(part, value, "an array of integers, not empty", "pass indices of symbols")
            if value.min() < 0 or value.max() >= len(self.symbols):
                fail(part, "other values", expected, "name every symbol")
            view = value.view()
            view.setflags(write=False)
            object.__setattr__(self, part, view)

    def windows(self, part: str, length: int) -> Samples:
        """Return pieces of a part, one after the other, and what comes one symbol later.

        **Arguments:** `part`, `"train"`, `"validation"` or `"test"`; `length` of a window. What is
        left over at the end is left out.

        **Returns:** inputs and targets [window, time], indices.

        **Raises:** `TaskError` for another part, and a length that is not within it.
        """
        if part not in ("train", "validation", "test"):
            fail("part", part, "'train', 'validation' or 'test'", "name a part")
        symbols = getattr(self, part)
        length = as_count(length, "length", maximum=len(symbols) - 1)
        count = (len(symbols) - 1) // length
        now, later = symbols[: count * length], symbols[1 : count * length + 1]
        return Samples(now.reshape(count, length), later.reshape(count, length))

    def decode(self, indices: Any) -> str:
        """Return the text that indices stand for."""
        return "".join(self.symbols[int(i)] for i in np.asarray(indices).reshape(-1))


def text(path: str | Path) -> Text:
    """Return any text of a file in UTF-8, character by character.

    The first 90 % are for training, 5 % for validation and the last 5 % for tests; characters that
    occur only in these are one symbol, `\ufffd`.

    **Arguments:** `path` of the file.

    **Raises:** `TaskError` for a path that is none and a text of fewer than 100 characters;
    `DataNotFound` if there is no such file; `DataDamaged` if it is not UTF-8.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
    ...     written = file.write("to be or not to be " * 20)
    ...     file.flush()
    ...     sorted(text(file.name).symbols)
    [' ', 'b', 'e', 'n', 'o', 'r', 't']
    """
    if not isinstance(path, str | Path) or not str(path):
        fail("path", path, "the path of a text file", "pass e.g. path='novel.txt'")
    file = Path(path).expanduser()
    if not file.is_file():
        not_found("path", [file], [], "pass the path of a text file")
    try:
        content = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        damaged(str(path), f"bytes that are no UTF-8 ({error})", "UTF-8", "convert the file")
    return _by_character(file.stem, content, str(file), "that of the file")


def king_james() -> Text:
    r"""Return the King James Bible, 4 million characters: a line a verse, without its number.

    The first 90 % of the characters are for training, 5 % for validation, the last 5 % for tests.

    It is read from `bible-kjv.txt` in a folder `bible-kjv`, if there is one; else from the program
    `bible` of the Debian package `bible-kjv`.

    **Raises:** `DataNotFound` if there is neither; `DataDamaged` if it is another text.

    Source: Authorized Version of 1611, as in Debian's `bible-kjv-text`; in the public domain but in
    the United Kingdom.
    """
    content = _bible()
    verify("bible-kjv", digest(content), _HASH)
    verses = [line.partition(" ")[2] for line in content.decode("ascii").splitlines()]
    licence = "public domain (United Kingdom: Crown patent)"
    prose = "\n".join(verses)
    return _by_character("bible-kjv", prose, "Debian package bible-kjv-text", licence)


def markov_text(
    *, seed: int = 0, symbols: int = 24, length: int = 200_000, held_out: int = 20_000
) -> Text:
    r"""Return text of a source with a memory of two symbols, whose best score is known.

    Every pair of symbols has three successors, drawn at random, of probabilities 0.6, 0.3 and 0.1.
    So the entropy rate is $-\sum p \ln p$ = 0.898 nat a symbol, a perplexity of 2.45, whereas who
    knows but the last symbol, or none, gets about 17 and 23.6: both decide about successors.

    **Arguments:** `seed`, an integer, at least 0, of the source and of what it says; `symbols`, how
    many, 4 to 26; `length` of the training part; `held_out`, that of each of the other parts.

    **Raises:** `TaskError` for numbers out of range.

    >>> text = markov_text(length=1000, held_out=100)
    >>> round(text.floor, 2), len(text.train)
    (2.45, 1000)
    """
    symbols = as_count(symbols, "symbols", minimum=4, maximum=26)
    length = as_count(length, "length", minimum=2)
    held_out = as_count(held_out, "held_out", minimum=2)
    stream = generator(seed)
    words = stream.random_raw(symbols**3).reshape(symbols, symbols, symbols)
    successors = np.argsort(words, axis=-1)[..., :3]
    total = length + 2 * held_out
    chance = (stream.random_raw(total) >> np.uint64(11)) * 2.0**-53
    chosen = np.searchsorted(np.cumsum(_SUCCESSORS)[:-1], chance, side="right").tolist()
    table, said, before, last = successors.tolist(), [], 0, 1
    for choice in chosen:
        before, last = last, table[before][last][choice]
        said.append(last)
    parts = np.split(np.array(said, np.int32), (length, length + held_out))
    p = np.array(_SUCCESSORS)
    return Text(
        "markov",
        *parts,
        tuple("abcdefghijklmnopqrstuvwxyz"[:symbols]),
        "made when needed",
        "CC0",
        float(np.exp(-(p * np.log(p)).sum())),
    )


def _by_character(name: str, content: str, source: str, licence: str) -> Text:
    if len(content) < 100:
        fail("path", f"{len(content)} characters", "at least 100", "pass a longer text")
    codes = np.frombuffer(content.encode("utf-32-le"), "<u4")
    begins = [int(share * len(codes)) for share in _SHARES]
    known = np.unique(codes[: begins[0]])
    place = np.searchsorted(known, codes)
    there = known[np.minimum(place, len(known) - 1)] == codes
    symbols = tuple(map(chr, known))
    if not there.all():
        symbols += ("\ufffd",)
    indices = np.where(there, place, len(known)).astype(np.int32)
    return Text(name, *np.split(indices, begins), symbols, source, licence)


def _bible() -> bytes:
    looked = [folder / _FILE for folder in folders("bible-kjv")]
    for path in looked:
        if path.is_file():
            return path.read_bytes()
    program = shutil.which(_PROGRAM)
    if program is None:
        fix = (
            f"install the Debian package bible-kjv; or write what `bible -f {_ALL}` prints on a "
            f"machine that has it to {_FILE} in a folder bible-kjv, and set NEUROPIL_DATA to the "
            "folder above it"
        )
        not_found("bible-kjv", [*looked, f"the program {_PROGRAM}"], [], fix)
    try:
        command = [program, "-f", _ALL]
        said = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        damaged("bible-kjv", f"a program that fails ({error})", "its text", "install it again")
    return said.stdout
