import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..numerics import fail

BYTES = 2**23  # of a file that are read at once
NEWLINE = ord("\n")


class EdgeTable:
    """A file of edges, read in blocks into arrays that are made for all of them."""

    def __init__(self, path: Any, columns: dict[str, str], fields: dict[str, Any]):
        """Read the head."""
        if not isinstance(path, str | Path) or not Path(path).is_file():
            fail("path", path, "a file with a table of edges", "pass where it is")
        self.path, self.fields = path, fields
        with open(path, "rb") as file:
            head = file.readline()
            self.first = file.tell()
        text = head.decode("utf-8-sig", "replace").rstrip("\r\n")
        self.separator = "\t" if "\t" in text else ","
        row = next(csv.reader([text], delimiter=self.separator), [])
        self.names = [name.strip() for name in row]
        for name, column in columns.items():
            if self.names.count(column) != 1:
                expected = f"a column that {path} has once, of {self.names}"
                fail(name, column, expected, f"pass {name}= its name in the head")
        self.places = {name: self.names.index(column) for name, column in columns.items()}

    def read(self, tell: Callable[[int, int], object]) -> dict[str, np.ndarray]:
        """Return the columns, of as many entries as there are edges."""
        size, lines = Path(self.path).stat().st_size, 2
        with open(self.path, "rb") as file:
            most = 1 + sum(block.count(b"\n") for block in iter(lambda: file.read(BYTES), b""))
            read = {name: np.empty(most, kind.dtype) for name, kind in self.fields.items()}
            file.seek(self.first)
            edges = 0
            while block := file.read(BYTES):
                block += _rest_of_row(block, file)
                found = self._columns(block) or self._by_line(block, lines)
                count = len(found["pre"])
                for name, values in found.items():
                    read[name][edges : edges + count] = values
                edges, lines = edges + count, lines + block.count(b"\n")
                tell(file.tell(), size)
        if not edges:
            got = f"{self.path}, without edges"
            fail("path", got, "at least one edge", "leave the projection out")
        return {name: values[:edges] for name, values in read.items()}

    def _columns(self, block: bytes) -> dict[str, Any] | None:
        """Return all edges of a block, None if there is any doubt."""
        if b'"' in block:
            return None
        block = block.replace(b"\r\n", b"\n").strip(b"\n")
        while b"\n\n" in block:
            block = block.replace(b"\n\n", b"\n")
        separator, width = self.separator.encode(), len(self.names)
        if not block or b"\r" in block:
            return None
        codes = np.frombuffer(block, np.uint8)
        ends = codes[(codes == ord(separator)) | (codes == NEWLINE)] == NEWLINE
        is_even = (ends.size + 1) % width == 0 and np.count_nonzero(ends) == ends.size // width
        if not is_even or not ends[width - 1 :: width].all():
            return None
        fields = block.replace(b"\n", separator).split(separator)
        found = {}
        for name, kind in self.fields.items():
            try:
                values = kind.column(fields[self.places[name] :: width])
            except (ValueError, OverflowError):
                return None
            if values is None:
                return None
            found[name] = values
        return found

    def _by_line(self, block: bytes, first: int) -> dict[str, Any]:
        """Return all edges of a block, or say which line is wrong, the first of which is given."""
        text = io.StringIO(block.decode("utf-8", "replace"), newline="")
        found = {name: [] for name in self.fields}
        rows = csv.reader(text, delimiter=self.separator)
        for row in rows:
            line = f"path: line {rows.line_num + first - 1}"
            if row and len(row) != len(self.names):
                expected = f"{len(self.names)}, as the head has"
                fail(line, f"{len(row)} columns", expected, "complete the line")
            for name, values in found.items() if row else ():
                place = self.places[name]
                value, expected = self.fields[name].field(row[place].strip())
                if value is None:
                    got = f"{self.names[place]} = {row[place].strip()!r}"
                    fail(line, got, expected, "correct it")
                values.append(value)
        return found


def _rest_of_row(block: bytes, file) -> bytes:
    """Return what is left of the last row of a block; what is quoted may hold ends of lines."""
    more = file.readline()
    quotes = block.count(b'"') + more.count(b'"')
    lines = [more]
    while quotes % 2 and lines[-1]:
        lines.append(file.readline())
        quotes += lines[-1].count(b'"')
    return b"".join(lines)
