"""Pictures of text: what stands in the file, and what is cut."""

from __future__ import annotations

from faultzone.model.instances.picture import COLUMNS, ROWS, picture


def test_a_picture_is_a_jpeg_of_one_size() -> None:
    for text in ("", "login: ", "x" * 5000):
        made = picture(text)
        assert made[:4] == b"\xff\xd8\xff\xe0"
        assert made[-2:] == b"\xff\xd9"
        assert made[made.index(b"\xff\xc0") + 5 :][:4] == bytes([0, 8 * ROWS, *divmod(8 * COLUMNS, 256)])


def test_within_the_picture_no_marker_begins() -> None:
    """A byte of ones is followed by zeros."""
    made = picture("".join(map(chr, range(32, 127))) * 20)
    scan = made[made.index(b"\xff\xda") + 10 : -2]
    assert all(scan[at + 1] == 0 for at, each in enumerate(scan) if each == 255)


def test_the_last_lines_are_shown() -> None:
    lines = [f"line {n}" for n in range(40)]
    assert picture("\n".join(lines)) == picture("\n".join(lines[-ROWS:])) != picture("\n".join(lines[:ROWS]))


def test_a_long_line_goes_on_in_the_next() -> None:
    assert picture("a" * COLUMNS + "b") == picture("a" * COLUMNS + "\nb")
    assert picture("a\n\nb") != picture("a\nb")


def test_what_has_no_glyph_is_a_question_mark() -> None:
    assert picture("\u4e2d\x7f") == picture("??") != picture("!!")


def test_each_character_has_a_glyph_of_its_own() -> None:
    assert len({picture(chr(each)) for each in range(32, 127)}) == 95
