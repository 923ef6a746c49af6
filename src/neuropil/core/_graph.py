"""Plain graph questions, answered once per network from names alone."""

from collections.abc import Iterable, Sequence

Edge = tuple[str, str]


def strongly_connected(nodes: Sequence[str], edges: Iterable[Edge]) -> list[tuple[str, ...]]:
    """Return the strongly connected components in topological order (Tarjan).

    Members keep the order of `nodes`.

    >>> strongly_connected(["a", "b", "c"], [("b", "c"), ("c", "b"), ("a", "b")])
    [('a',), ('b', 'c')]
    """
    successors: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        successors[source].append(target)
    found: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_path: list[str] = []
    components: list[tuple[str, ...]] = []
    position = {name: index for index, name in enumerate(nodes)}

    def close(root: str) -> None:
        members = []
        while not members or members[-1] != root:
            members.append(open_path.pop())
        components.append(tuple(sorted(members, key=position.__getitem__)))

    for start in reversed(nodes):
        if start in found:
            continue
        work = [(start, iter(successors[start]))]
        found[start] = lowest[start] = len(found)
        open_path.append(start)
        while work:
            name, remaining = work[-1]
            following = next(remaining, None)
            if following is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[name])
                if lowest[name] == found[name]:
                    close(name)
            elif following not in found:
                found[following] = lowest[following] = len(found)
                open_path.append(following)
                work.append((following, iter(successors[following])))
            elif following in open_path:
                lowest[name] = min(lowest[name], found[following])
    return components[::-1]


def topological(nodes: Sequence[str], edges: Iterable[Edge]) -> tuple[str, ...] | None:
    """Return the nodes in an order that follows the edges, or None if they form a cycle.

    >>> topological(["b", "a"], [("a", "b")])
    ('a', 'b')
    """
    edges = list(edges)
    components = strongly_connected(nodes, edges)
    has_cycle = any(len(members) > 1 for members in components)
    if has_cycle or any(source == target for source, target in edges):
        return None
    return tuple(members[0] for members in components)
