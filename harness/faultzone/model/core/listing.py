"""Listings: one page of what a Describe action has found, by number or by token, and the pattern of a filter."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from faultzone.ecs.errors import ApiError


def page(items: Iterable[Any], total: int, number: int, size: int) -> list[Any]:
    """One page of a listing: `number` counts from 1."""
    start = (number - 1) * size
    return list(islice(items, start, start + size)) if start < total else []


def like(pattern: str, text: str) -> bool:
    """Whether a text is as a filter has it, where `*` stands for any characters.

    By hand: a regular expression with many of them takes longer than anybody waits.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return text.endswith(last) and at <= len(text) - len(last)


def by_token(items: Iterable[Any], total: int, token: str | None, most: int) -> tuple[list[Any], str]:
    """A page of at most so many of a listing, and the token of the next, empty at the end (assistant/token-paging).

    A token counts from the end of the list: what is put at its head meanwhile moves no page.

    Raises:
        ApiError: `InvalidParameter`: the token is not one that was given out.
    """
    start = 0
    if token is not None:
        if not (token.startswith("fz") and token[2:].isdecimal() and token.isascii() and len(token) < 20):
            raise ApiError.of("InvalidParameter", name="NextToken", why="it was not given out")
        start = max(0, total - int(token[2:]))
    end = start + most
    return list(islice(items, start, end)), f"fz{total - end}" if end < total else ""
