"""Wrong regions of the chapter on instances: tokens, roles and options of the metadata service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from faultzone.mutations.library import Parameters, answer, becomes, put, where
from faultzone.mutations.row import always, row

ITEMS: Final = "instance/metadata-items"
TOKEN: Final = "instance/metadata-token"
REQUIRED: Final = "instance/metadata-token-required"
ROLE: Final = "instance/role-credentials"
SECONDS: Final = "instance.metadata_token_seconds"


#: What another instance could be told, or one in another place.
OTHERS: Final = {
    "instance-id": "i-other", "region-id": "cn-nowhere", "zone-id": "cn-nowhere-a", "image-id": "other", "mac": "00:16",
    "hostname": "other", "private-ipv4": "10.0.0.1", "serial-number": "other", "network-type": "classic",
    "vpc-id": "vpc-other", "vswitch-id": "vsw-other", "primary-ip-address": "10.0.0.1", "public-ipv4": "203.0.113.1",
    "user-data": "other",
}  # fmt: skip


def asks_for(item: str) -> Callable[[Parameters], bool]:
    """Whether a request for metadata is for an item."""
    return lambda given: str(given["path"]).rstrip("/").endswith(f"/{item}")


def asks_for_roles(given: Parameters) -> bool:
    """Whether a request for metadata is for the roles of the instance."""
    return "security-credentials" in str(given["path"])


REGIONS: Final = (
    *(row(f"metadata-of-another-{item}", ITEMS, f"tells another {item}",
          answer("metadata", "text", becomes(other), when=asks_for(item))) for item, other in OTHERS.items()),
    row("metadata-without-document", ITEMS, "tells nothing in the document",
        answer("metadata", "text", becomes("{}"), when=asks_for("document"))),
    row("metadata-without-lists", ITEMS, "lists nothing",
        answer("metadata", "text", becomes(""), when=asks_for("meta-data"))),
    row("metadata-of-anything", ITEMS, "answers where nothing is",
        answer("metadata", "", where(lambda told: told["status"] == 404, put(status=200, text="")))),
    row("tokens-for-a-second-at-most", TOKEN, "gives no token for six hours", values={SECONDS: (1, 21_599)}),
    row("tokens-of-any-length", TOKEN, "gives tokens for longer than six hours", values={SECONDS: (1, 21_601)}),
    row("tokens-of-no-length", TOKEN, "gives tokens for no time", values={SECONDS: (0, 21_600)}),
    row("tokens-of-two-seconds", TOKEN, "gives no token for one second", values={SECONDS: (2, 21_600)}),
    row("no-tokens", TOKEN, "gives no tokens", values={SECONDS: None}),
    row("tokens-for-all", TOKEN, "takes the token of another instance",
        metadata_token_is_good=lambda right, now, ends, genuine: now < ends),
    row("tokens-for-ever", TOKEN, "takes a token whose time has passed",
        metadata_token_is_good=lambda right, now, ends, genuine: genuine),
    row("tokens-a-moment-longer", TOKEN, "takes a token at the instant of its end",
        metadata_token_is_good=lambda right, now, ends, genuine: genuine and now <= ends),
    row("tokens-never", TOKEN, "takes no token", metadata_token_is_good=always(False)),
    row("tokens-optional", REQUIRED, "answers without a token where one is required",
        metadata_needs_token=always(False)),
    row("metadata-always-on", REQUIRED, "answers instances whose service is disabled", metadata_is_on=always(True)),
    row("metadata-shy", REQUIRED, "refuses requests with a good token where one is required",
        metadata_is_on=lambda right, endpoint: False),
    row("roles-unseen", ROLE, "has no keys of roles", answer("metadata", "", put(text=None), when=asks_for_roles)),
    row("keys-that-change", ROLE, "gives another key whenever it is asked", role_key_is_kept=always(False)),
    row("keys-to-their-end", ROLE, "gives a key that is about to end",
        role_key_is_kept=lambda right, now, ends: now < ends),
    row("keys-for-ever", ROLE, "gives a key that has ended", role_key_is_kept=always(True)),
)  # fmt: skip
