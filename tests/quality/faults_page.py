"""The tables of docs/chaos.md that are made from the classes of the faults."""

from __future__ import annotations

from faultzone.faults import CATALOGUE
from tests.support.faults import PAGE as PAGE


def table() -> str:
    """The catalogue of the page: how each fault ends, and within what time its targets are as promised."""
    rows = ["| fault | how it ends | as promised within |", "|---|---|---|"]
    for kind in CATALOGUE:
        if kind.never_ends is not None:
            how, within = f"none: {kind.never_ends}", ""
        else:
            how = f"undo: {kind.ends}"
            within = str(kind.undo_within or "at once") if kind.is_seen else "cannot be seen"
        rows.append(f"| `{kind.__name__}` | {how} | {within + ' ' if within else ''}|")
    return "\n".join(rows)


def sources() -> str:
    """Where the documentation allows a client to meet a fault, or that it does not."""
    rows = ["| fault | may a client meet it |", "|---|---|"]
    for kind in CATALOGUE:
        for way, source in kind.documented.items():
            name = f"`{kind.__name__}`" + (f", `{way}`" if way else "")
            link = f"[the documentation]({source})" if source.startswith("https:") else source
            rows.append(f"| {name} | {f'yes: {link}' if source else 'no documentation says so'} |")
    return "\n".join(rows)


def page() -> str:
    """The page with its tables as the classes have them."""
    text = PAGE.read_text("utf-8")
    for made in (table(), sources()):
        head = made.partition("\n")[0]
        before, _, after = text.partition(f"{head}\n")
        rest = after.partition("\n\n")[2]
        text = f"{before}{made}\n\n{rest}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
