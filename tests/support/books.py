"""What books of things should equal."""

from __future__ import annotations

from typing import TypeVar

from faultzone.model.core.book import Book, Filed

F = TypeVar("F", bound=Filed)


def rebuilt(book: Book[F]) -> Book[F]:
    """A book with the same things in the same rows, whose indexes are made anew."""
    book.indexes  # noqa: B018  What is to be filed or taken out is, from now on.
    made: Book[F] = Book(book.fields)
    for thing in book.found():
        made._next = thing.row
        made.enter((thing,))
    return made
