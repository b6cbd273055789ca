"""What books of things should equal."""

from __future__ import annotations

from typing import TypeVar

from faultzone.model.core.book import Book, Filed
from faultzone.model.core.index import Index

F = TypeVar("F", bound=Filed)


def indexes(book: Book[F]) -> dict[str, Index]:
    """The indexes of all fields; those that there are not are made."""
    return {name: book.index(name) for name in book.fields}


def rebuilt(book: Book[F]) -> Book[F]:
    """A book with the same things in the same rows, whose indexes are made anew."""
    indexes(book)  # What is to be filed or taken out is, from now on.
    made: Book[F] = Book(book.fields)
    for thing in book.found():
        made._next = thing.row
        made.enter((thing,))
    return made
