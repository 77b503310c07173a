"""The states of a privacy request as a diagram, drawn from the one dict of transitions."""

from .models.request import TRANSITIONS


def diagram() -> str:
    """Mermaid text, as it stands in docs/flow.md."""
    lines = ["stateDiagram-v2", "    [*] --> received"]
    for state, following in TRANSITIONS.items():
        lines += [f"    {state} --> {other}" for other in sorted(following)] or [f"    {state} --> [*]"]
    return "\n".join(lines)
