"""Pictures of a run, from its journal alone.

    timeline.py     one page of HTML that loads nothing: the picture, the region as it stood, the entries
    compare.py      where two runs first differ
    tracks.py       who was where and in which state, from which entry to which
    svg.py          a picture that stands still
    trace.py        what viewers of Trace Event files read

The script of the page is made from `web/timeline` by `scripts/bundle`, so that an installation needs Python alone.
"""
