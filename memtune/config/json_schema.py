"""The files' JSON schemas, made from the models that check them: for editors, which complete
and explain keys and flag unknown ones."""

import json
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from memtune.config.schema import BudgetFile, PipelineFile, ProfileFile, ServiceFile

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class FileKind(StrEnum):
    """Files that are written by hand."""

    BUDGETS = "budgets"
    """memtune.yaml."""
    WORKLOAD = "workload"
    PROFILE = "profile"


_MODELS: dict[FileKind, Any] = {
    FileKind.BUDGETS: BudgetFile,
    FileKind.WORKLOAD: Annotated[PipelineFile | ServiceFile, Field(discriminator="kind")],
    FileKind.PROFILE: ProfileFile,
}


def json_schema(kind: FileKind) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a kind of file."""
    schema = TypeAdapter[Any](_MODELS[kind]).json_schema(schema_generator=_ForEditors)
    schema.pop("discriminator", None)  # OpenAPI's
    return {"$schema": DRAFT} | schema | {"title": f"memtune {kind}"}


def schema_text(kind: FileKind) -> str:
    """Return the JSON schema of a kind of file as the text of a file."""
    return json.dumps(json_schema(kind), indent=2) + "\n"


class _ForEditors(GenerateJsonSchema):
    """Leaves out what an editor would show or insert to nobody's use."""

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        """A key that may be left out is no key that may be empty."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """A default in bytes or seconds is nothing that may stand in the file."""
        inner = self.generate_inner(schema["schema"])
        useful = isinstance(schema["default"], str | int) and "pattern" not in inner
        return super().default_schema(schema) if useful and schema["default"] != "" else inner

    def dict_schema(self, schema: Any) -> dict[str, Any]:
        """Keys that do not match the pattern of names are mistakes."""
        made = super().dict_schema(schema)
        return made | {"additionalProperties": False} if "patternProperties" in made else made

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Titles made of keys say nothing new."""
        return False
