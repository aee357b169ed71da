"""Makes ListUsers answer page by page, as its API reference says."""

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

ITEMS_MAX = 100


def list_users(self: Any) -> ActionResult:
    users = list(self.backend.list_users(self._get_param("PathPrefix"), None, None))
    start = int(self._get_param("Marker") or 0)
    end = start + int(self._get_param("MaxItems") or ITEMS_MAX)
    answer: dict[str, Any] = {"Users": users[start:end], "IsTruncated": end < len(users)}
    if end < len(users):
        answer["Marker"] = str(end)
    return ActionResult(answer)


def correct() -> None:
    IamResponse.list_users = list_users
