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
        paths: dict[Path_, list[Any]] = {}
        for mistake in mistakes:
            paths.setdefault(_path(document, mistake), []).append(mistake)
        # What is missing comes last: a mistyped key is the usual reason for it.
        path = min(
            paths,
            key=lambda path: (paths[path][0]["type"] == "missing", document.place(path).line or 0),
        )
        message, hint = _words(paths[path], path, schema)
        if len(paths) > 1:
            message += f" (and {len(paths) - 1} more)"
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


def _words(mistakes: list[Any], path: Path_, schema: type[BaseModel]) -> tuple[str, str]:
    """Message and hint for the mistakes at one path: several are the arms of a union."""
    mistake = mistakes[0]
    kinds = {mistake["type"] for mistake in mistakes}
    kind, given = mistake["type"], mistake["input"]
    if kind == "extra_forbidden":
        return f"unknown key {path[-1]!r}", did_you_mean(str(path[-1]), _siblings(path, schema))
    if kind == "missing":
        return f"the key {path[-1]!r} is missing", ""
    if kind == "value_error":
        message, *hint = mistake["ctx"]["error"].args
        return message, "".join(hint)
    if given is None:
        return "the key has no value", ""
    if "float_type" in kinds:
        needed = "a number or a word" if "string_type" in kinds else "a number"
        return f"{needed} is needed, not {given!r}", ""
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
