"""How a model declares, field by field, which personal data it holds.

Every model of ours carries `privacy`, a mapping of field name to `FieldPrivacy`, and
`not_personal`, the names of all its other fields. A test fails for a field in neither.
"""

from dataclasses import dataclass
from enum import StrEnum


class DataClass(StrEnum):
    """How sensitive a field is."""

    PERSONAL = "personal"
    SPECIAL = "special"
    SECRET = "secret"  # noqa: S105 - the name of a class of data
    PSEUDONYMOUS = "pseudonymous"


class Erasure(StrEnum):
    """What erasing a person does to a field."""

    DESTROY_KEY = "destroy_key"
    DELETE_ROW = "delete_row"
    BLANK = "blank"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class FieldPrivacy:
    """Why a personal field is kept, for how long, and what the person's rights do to it.

    `retention` names a period of the retention schedule, or says what ends the need.
    """

    kind: DataClass
    purpose: str
    retention: str
    export: bool
    erasure: Erasure
