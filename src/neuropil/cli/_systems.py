from ._output import AsJson, print_json, print_table


def systems(as_json: AsJson = False) -> None:
    """List the published systems, the data they run on and what can be set."""
    from ..systems import CATALOGUE, describe_settings, load_system

    found = [load_system(name) for name in CATALOGUE]
    if as_json:
        print_json(
            [
                {
                    "name": system.name,
                    "title": system.title,
                    "summary": system.summary,
                    "reference": system.reference,
                    "data": system.data,
                    "settings": describe_settings(system.settings),
                    "claims": [
                        {"name": c.name, "statement": c.statement, "bound": str(c.bound)}
                        for c in system.claims
                    ],
                }
                for system in found
            ]
        )
        return
    rows = [(s.name, s.summary, ", ".join(s.data), s.reference) for s in found]
    print_table("Published systems", ("name", "what it is", "--data", "source"), rows)
    for system in found:
        rows = [
            (s["name"], s["type"], s["default"], s["doc"])
            for s in describe_settings(system.settings)
        ]
        print_table(f"--set for {system.name}", ("key", "type", "default", "meaning"), rows)
