"""Every part that a page can have made, by the name that its mark says."""

from collections.abc import Callable, Mapping
from functools import partial

from docs.made.catalogues import formats, plans, providers, rules
from docs.made.commands import commands
from docs.made.files import keys_of
from docs.made.results import results
from docs.made.symptoms import symptoms
from docs.made.words import biases, exit_codes, glossary, outcomes
from memtune.config.json_schema import FileKind

PARTS: Mapping[str, Callable[[], str]] = {
    "biases": biases,
    "commands": commands,
    "exit codes": exit_codes,
    "formats": formats,
    "glossary": glossary,
    "outcomes": outcomes,
    "results": results,
    "rules": rules,
    "symptoms": symptoms,
    **{f"keys {kind}": partial(keys_of, kind) for kind in FileKind},
    **{f"plans {provider}": partial(plans, provider) for provider in providers()},
}
