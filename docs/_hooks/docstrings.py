"""Makes docstrings render as meant, wherever in the text doctests and references stand."""

import re

import griffe

DOCTEST = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
ROLE = re.compile(r":(?:class|func|meth|mod):(`[^`]+`)")


class Docstrings(griffe.Extension):
    """Fences doctests, which Markdown takes for quotations, and shows references as code."""

    def on_object(self, *, obj: griffe.Object, **_) -> None:
        """Rewrite the docstring of one object in place."""
        if obj.docstring:
            text = DOCTEST.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)
            obj.docstring.value = ROLE.sub(r"\1", text)
