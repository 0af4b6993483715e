"""A document against its schema: pydantic's complaints become one message with file,
line, key and hint."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from memtune.config.document import Document, Path_
from memtune.errors import ConfigError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)


def validated(document: Document, schema: type[Model]) -> Model:
    """Return the document as an instance of the schema.

    Raises ConfigError for the first mistake in the file, and counts the others.
    """
    try:
        return schema.model_validate(document.data)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        mistakes.sort(key=lambda mistake: document.place(_path(document, mistake)).line or 0)
        first = mistakes[0]
        path = _path(document, first)
        message, hint = _words(first, path, schema)
        if len({_path(document, mistake) for mistake in mistakes}) > 1:
            message += f" (and {len(mistakes) - 1} more)"
        raise ConfigError(message, where=document.place(path), hint=hint) from error


def _path(document: Document, mistake: Any) -> Path_:
    """The part of pydantic's location that stands in the file: it adds names of union arms."""
    path: Path_ = ()
    for part in mistake["loc"]:
        if (*path, part) in document.lines:
            path = (*path, part)
    if mistake["type"] == "missing":
        path = (*path, mistake["loc"][-1])
    return path


def _words(mistake: Any, path: Path_, schema: type[BaseModel]) -> tuple[str, str]:
    kind, given = mistake["type"], mistake["input"]
    if kind == "extra_forbidden":
        return f"unknown key {path[-1]!r}", did_you_mean(str(path[-1]), _siblings(path, schema))
    if kind == "missing":
        return f"the key {path[-1]!r} is missing", ""
    if kind == "value_error":
        message, _, hint = str(mistake["ctx"]["error"]).partition("; ")
        return message, hint
    if isinstance(given, dict | list):
        return mistake["msg"], ""
    return f"{mistake['msg']}, not {given!r}", ""


def _siblings(path: Path_, schema: type[BaseModel]) -> list[str]:
    """The keys that the schema knows beside an unknown one."""
    model: type[BaseModel] = schema
    for part in path[:-1]:
        field = model.model_fields.get(str(part))
        inner = None if field is None else _model_of(field.annotation)
        model = inner or model
    return list(model.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as ``dict[str, KnobPart]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = _model_of(argument)
        if inner is not None:
            return inner
    return None
