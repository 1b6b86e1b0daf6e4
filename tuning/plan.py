"""What is searched on what: read and checked before any work, and the directory that belongs to it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.targets import LOWER_IS_BETTER
from kerasfeat.training.fit import make_experiment
from kerasfeat.training.hyperparameters import resolve
from kerasfeat.training.settings import Settings, choose, make_config, read
from tuning import spaces

DEFAULT_TRIALS = 20
LARGEST_GRID = 1000  # trials that nobody meant to ask for
FILE = "search.json"


@dataclass(frozen=True)
class Request:
    """What `kerasfeat tune` was asked to do.

    Attributes:
        settings: of the experiment, as `fit` takes them; its overrides are not searched.
        tuner: one of oracles.TUNERS.
        max_trials: at most; None for DEFAULT_TRIALS, or where the tuner has an end of its own, for all.
        time_limit_s: after which no trial starts.
        objective: a metric; None for the kind's first.
        folds: inner folds that the objective is measured on; None for the validation songs.
        repeats: trainings of each trial with different seeds.
        over: the only hyperparameters to search.
        out: folder of searches.
        workers: processes on this machine.
    """

    settings: Settings
    tuner: str = "bayesian"
    max_trials: int | None = None
    time_limit_s: float | None = None
    objective: str | None = None
    folds: int | None = None
    repeats: int = 1
    over: tuple = ()
    out: str = "searches"
    workers: int = 1


@dataclass(frozen=True)
class Plan:
    """A search: everything that its trials have in common.

    Attributes:
        settings: of the experiment.
        recipe, task, table, names, trunk, hyperparameters, reused: what `fit` would train.
        space: name -> spaces.Dimension.
        tuner, objective, folds, repeats, max_trials: see Request.
    """

    settings: Settings
    recipe: object
    task: object
    table: object
    names: tuple
    trunk: object
    hyperparameters: object
    reused: tuple
    space: dict
    tuner: str
    objective: str
    folds: int | None
    repeats: int
    max_trials: int | None

    @property
    def direction(self):
        """ "min" or "max"."""
        return "min" if self.objective in LOWER_IS_BETTER else "max"

    def resolved(self, values):
        """The Hyperparameters with `values` in place of the defaults; stages before the last keep theirs."""
        defaults = self.hyperparameters
        earlier = {f"{part}.{name}": value for part, training in defaults.stages.items() for name, value in asdict(training).items()}
        classes = {name: type(frontend) for name, frontend in defaults.frontends.items()}
        return resolve(self.trunk, classes, self.task.clip_s, earlier | defaults.to_json() | values, stages=tuple(defaults.stages))

    def experiment(self, prepared, hyperparameters):
        """The Experiment of these inputs and hyperparameters."""
        return make_experiment(self.settings, self.recipe, self.task, prepared, self.trunk, hyperparameters, self.reused)

    @property
    def config(self):
        """What makes two searches the same; JSON."""
        common = make_config(self.settings, self.task, self.table, self.names, self.trunk.name, self.hyperparameters, self.reused)
        return {
            **common,
            "data": common.pop("data_fingerprint"),
            "objective": self.objective,
            "space": {name: dimension.to_json() for name, dimension in self.space.items()},
            "tuner": self.tuner,
            "folds": self.folds,
            "repeats": self.repeats,
        }


def make_plan(request):
    """Read the data and check the request.

    Raises:
        KerasfeatError: for whatever `fit` would refuse, an unknown objective or hyperparameter, an empty space, or nothing to try.
    """
    for name, least in (("max_trials", 1), ("time_limit_s", 1), ("repeats", 1), ("workers", 1), ("folds", 2)):
        value = getattr(request, name)
        if value is not None and value < least:
            raise KerasfeatError(f"{name} is {value}; it must be at least {least}.")
    settings, recipe, task, table, _ = read(request.settings)
    names, trunk, hyperparameters, reused = choose(settings, recipe, task, table)
    space = spaces.derive(hyperparameters, trunk, recipe.space, request.settings.overrides, request.over)
    objective = request.objective or task.target.objectives[0]
    if objective not in task.target.objectives:
        raise unknown(f"objective of task {task.name!r}", objective, task.target.objectives)
    max_trials = request.max_trials
    if max_trials is None and request.tuner in ("bayesian", "random"):
        max_trials = DEFAULT_TRIALS
    if request.tuner == "grid" and not max_trials and not request.time_limit_s and spaces.grid_size(space) > LARGEST_GRID:
        raise KerasfeatError(
            f"the grid has {spaces.grid_size(space):,} combinations of {', '.join(space)}. "
            "Search fewer of them with --over, or say when to stop with --max-trials or --time-limit."
        )
    common = (request.tuner, objective, request.folds, request.repeats, max_trials)
    return Plan(settings, recipe, task, table, names, trunk, hyperparameters, reused, space, *common)


def directory(plan, out):
    """The directory of this search, which its data, space, and objective name; says how it differs from others that lie there."""
    config = json.loads(json.dumps(plan.config))
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:10]
    folder = Path(out) / f"{plan.task.name}-{digest}"
    if not folder.exists():
        for other in sorted(Path(out).glob(f"{plan.task.name}-*/{FILE}")):
            past = json.loads(other.read_text(encoding="utf-8"))["config"]
            if past["data"] == config["data"]:
                say(f"{other.parent} is another search ({_difference(past, config)}): this one starts anew.")
    return folder


def _difference(past, now):
    """What differs between two searches' configs, in a few words."""
    words = []
    for name in now:
        if name in ("space", "hyperparameters"):
            old, new = past.get(name, {}), now[name]
            changed = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
            words += [f"{'range' if name == 'space' else 'value'} of {', '.join(changed)}"] if changed else []
        elif past.get(name) != now[name]:
            words.append(f"{name} {past.get(name)!r} there, {now[name]!r} now")
    return "; ".join(words)


def request_from(values):
    """A Request from its JSON."""
    settings = Settings(**{name: tuple(value) if isinstance(value, list) else value for name, value in values["settings"].items()})
    return Request(**{**values, "settings": settings, "over": tuple(values["over"])})
