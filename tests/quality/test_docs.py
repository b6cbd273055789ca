"""Every example of the documentation runs, and prints what it shows. The convention is in `examples.py`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faultzone import clauses, editions
from tests.quality import answers_page, faults_page, options_page, picture, timeline_picture, verbs_page
from tests.quality.examples import ExampleError, blocks, run_page
from tests.quality.sources import ROOT, relative

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)\s]*)?\)")
COUNTED = re.compile(r"^[0-9-]+(?: +\d+){7}$", re.M)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_examples_run(page: Path, tmp_path: Path) -> None:
    run_page(page.read_text("utf-8"), relative(page), tmp_path)


@pytest.mark.slow
def test_the_picture_shows_what_is_printed() -> None:
    hint = "draw it anew: python -m tests.quality.picture"
    assert picture.PICTURE.read_text("utf-8") == picture.draw(picture.printed()), hint


def test_the_picture_of_a_run_is_what_the_code_draws() -> None:
    hint = "draw it anew: python -m tests.quality.timeline_picture"
    assert timeline_picture.PICTURE.read_text("utf-8") == timeline_picture.drawn(), hint


def test_the_table_of_control_verbs_is_what_the_code_says() -> None:
    hint = "make it anew: python -m tests.quality.verbs_page"
    assert verbs_page.PAGE.read_text("utf-8").endswith("\n\n" + verbs_page.table()), hint


def test_the_tables_of_faults_are_what_their_classes_say() -> None:
    hint = "make them anew: python -m tests.quality.faults_page"
    assert faults_page.PAGE.read_text("utf-8") == faults_page.page(), hint


def test_the_page_of_answers_is_what_the_code_says() -> None:
    hint = "make it anew: python -m tests.quality.answers_page"
    assert answers_page.PAGE.read_text("utf-8") == answers_page.page(), hint


def test_the_page_of_options_is_what_the_plugin_has() -> None:
    hint = "make it anew: python -m tests.quality.options_page"
    assert options_page.PAGE.read_text("utf-8") == options_page.page(), hint


def test_the_readme_counts_the_clauses_that_there_are() -> None:
    # The run that it shows is slow; that the registry has grown is seen at once.
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = {line.split()[0]: sum(map(int, line.split()[1:])) for line in COUNTED.findall(readme)}
    assert set(shown) == {each.name for each in editions.EDITIONS if each.complete}
    assert shown == {name: sum(each.holds_in(name) for each in clauses.load().values()) for name in shown}


def test_the_readme_has_an_example_that_runs() -> None:
    written = blocks((ROOT / "README.md").read_text("utf-8"), "README.md")
    assert {"python", "console"} <= {block.language for block in written if not block.not_run}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("```\nx\n```", "language ''"),
        ("```sh\nls\n```", "language 'sh'"),
        ("```python\nx", "no end"),
        ("```console\nls\n```", "begins with `\\$ `"),
        ("```console\n$ ls\n```", "say why"),
        ("```go\nx\n```", "say why"),
        ("```console\n$ faultzone a\n$ ls\n```", "say why"),
        ("<!-- not-run: -->\n```python\nx\n```", "the reason"),
        ("Text <!-- not-run: it is slow -->\n```python\nx\n```", "line of its own"),
        ("<!-- not-run: it is slow -->\n\n```python\nx\n```", "line above"),
        ("<!-- not-run: it is slow -->", "line above"),
        ("<!-- not-run: it is data -->\n```json\n{}\n```", "take the marker away"),
    ],
)
def test_an_example_cannot_escape(page: str, reason: str) -> None:
    with pytest.raises(ExampleError, match=reason):
        blocks(page, "page.md")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("```python\n1 / 0\n```", "ZeroDivisionError"),
        ("```python\ndef test_it():\n    assert 1 == 2\n```", "1 failed"),
        ("```console\n$ python -c 'exit(3)'\n```", "ended with 3, not 0"),
        ("```console\n$ python -c pass  # exit 2\n```", "ended with 0, not 2"),
        ("```console\n$ python -c 'print(1); print(2)'\n2\n1\n```", "not printed there:\n1\n"),
    ],
)
@pytest.mark.slow
def test_an_example_that_does_not_hold_fails(page: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ExampleError, match=reason):
        run_page(page, "page.md", tmp_path)


STORY = """\
```python
# conftest.py
import pytest

@pytest.fixture
def one():
    return 1
```

1. A list:

   ```python
   # test_one.py
   def test_one(one):
       assert one == 1
   ```

```toml
# settings.toml
one = 1
```

```console
$ pytest test_one.py
...
test_one.py . ...[100%]
======... 1 passed in 0.01s ======...
$ python -c "print('took 5 ms'); exit(4)"  # exit 4
took 12.5 ms
```

<!-- not-run: nothing serves here -->
```console
$ curl localhost
```
"""


@pytest.mark.slow
def test_a_page_is_one_story_in_one_directory(tmp_path: Path) -> None:
    assert run_page(STORY, "page.md", tmp_path) == 3
    assert sorted(path.name for path in tmp_path.glob("[!.]*.*")) == ["conftest.py", "settings.toml", "test_one.py"]
