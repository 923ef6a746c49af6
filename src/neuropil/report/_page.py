"""The page: a few HTML pieces and the frame around them."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from importlib import resources
from urllib.parse import quote

ICON = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def picture(svg: bytes, alt: str, caption: str, *, half: bool = False) -> str:
    """A figure with its alternative text and a caption, which may hold HTML."""
    data = quote(" ".join(svg.decode("utf-8").split()), safe=" /:;=,+()'!*-._~")
    kind = ' class="half"' if half else ""
    return (
        f'<figure{kind}><div class="scroll">'
        f'<img src="data:image/svg+xml,{data}" alt="{escape(alt)}"></div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def section(name: str, title: str, introduction: str, *parts: str) -> str:
    """A section with an anchor; nothing at all if it has no parts."""
    body = "\n".join(part for part in parts if part)
    if not body:
        return ""
    lead = f"<p>{introduction}</p>" if introduction else ""
    return f'<section id="{name}"><h2>{escape(title)}</h2>{lead}\n{body}</section>'


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: int = 0,
    marked: Callable[[Sequence[str]], bool] = lambda row: False,
) -> str:
    """A table of escaped cells; empty without rows.

    **Arguments:** `head` and `rows`; `numbers`, how many of the last columns hold numbers;
    `marked`, which rows are set off.
    """
    rows = list(rows)
    if not rows:
        return ""
    width = len(rows[0])

    def line(cells: Sequence[str], tag: str) -> str:
        marks = [' class="number"' if i >= width - numbers else "" for i in range(width)]
        return "".join(
            f"<{tag}{mark}>{escape(str(cell))}</{tag}>"
            for cell, mark in zip(cells, marks, strict=True)
        )

    top = f"<thead><tr>{line(head, 'th')}</tr></thead>" if head else ""
    mark = ' class="changed"'
    body = "".join(f"<tr{mark * bool(marked(row))}>{line(row, 'td')}</tr>" for row in rows)
    return f'<div class="wide"><table>{top}<tbody>{body}</tbody></table></div>'


def document(title: str, header: str, sections: Sequence[tuple[str, str, str]], foot: str) -> str:
    """The whole page, complete in itself.

    **Arguments:** `title`; `header`, HTML; `sections`, `(anchor, short title, HTML)`, of which
    those without HTML are left out; `foot`, HTML.
    """
    style = resources.files(__spec__.parent).joinpath("style.css").read_text(encoding="utf-8")
    kept = [entry for entry in sections if entry[2]]
    links = "".join(f'<a href="#{anchor}">{escape(short)}</a>' for anchor, short, _ in kept)
    body = "\n".join(content for _, _, content in kept)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="{ICON}">
<style>
{style}</style>
</head>
<body>
<main>
<header>
{header}
<nav aria-label="Sections">{links}</nav>
</header>
{body}
<footer>{foot}</footer>
</main>
</body>
</html>
"""
