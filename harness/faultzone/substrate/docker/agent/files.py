"""Files that an instance is given."""

from __future__ import annotations

import base64
import os

from . import accounts


def invalid(directory: str, name: str) -> str | None:
    """What is wrong with the place of a file, in the words of the genuine client; None where nothing is."""
    if not name or "/" in name or name in (".", ".."):
        return "FileNameInvalid"
    return None if directory.startswith("/") else "FilePathInvalid"


def put(path: str, content: str, mode: str, owner: str, group: str, overwrite: bool) -> bool:
    """Write a file and make the directories above it; False, and nothing done, where it is there and is to stay.

    Args:
        content: in Base64.
        mode: octal digits; 644 if empty.
        owner: a user's name; empty for whoever writes.
        group: a group's name; empty for the writer's.

    Raises:
        OSError: it cannot be written.
        LookupError: there is no such user or group; the file is there.
    """
    if os.path.exists(path) and not overwrite:
        return False
    user, group_number = accounts.user(owner).number if owner else -1, accounts.group(group) if group else -1
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(base64.b64decode(content))
    os.chmod(path, int(mode or "644", 8))
    os.chown(path, user, group_number)
    return True
