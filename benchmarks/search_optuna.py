"""Optuna as a peer of the search: asked for trials, told needs and whether the checks failed."""

import random

import optuna
from optuna.distributions import IntDistribution
from optuna.samplers import BaseSampler, GridSampler, TPESampler
from optuna.trial import TrialState

from benchmarks.search_peers import Contestant, Exploring, Patience, confirmed
from memtune.model import Settings, Space

REPLAYS_SHARE = 0.3
"""It takes ten times as long as the others."""


def tpe(space: Space, luck: random.Random) -> Exploring:
    """TPE with the checks as a constraint, until patience is lost."""
    return _explore(space, TPESampler(seed=luck.randrange(1 << 30)))


def grid(space: Space, luck: random.Random) -> Exploring:
    """The grid in Optuna's random order, failures pruned, until patience is lost."""
    places = {knob.name: list(range(len(knob.values))) for knob in space.knobs}
    return _explore(space, GridSampler(places, seed=luck.randrange(1 << 30)), prune=True)


def _explore(space: Space, sampler: BaseSampler, prune: bool = False) -> Exploring:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=sampler)
    places = {knob.name: IntDistribution(0, len(knob.values) - 1) for knob in space.knobs}
    patience = Patience(space)
    for _ in range(space.size - 1):  # the last of the grid would stop a loop of Optuna's own
        trial = study.ask(dict(places))
        run = yield Settings(
            tuple((knob.name, knob.values[trial.params[knob.name]]) for knob in space.knobs)
        )
        if prune and run.cause is not None:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            trial.set_constraint("checks", -1.0 if run.cause is None else 1.0)
            study.tell(trial, run.need_bytes)
        if patience.lost(run):
            return


PEERS = (
    Contestant("Optuna TPE", confirmed(tpe), REPLAYS_SHARE),
    Contestant("Optuna grid, early stop", confirmed(grid), REPLAYS_SHARE),
)
