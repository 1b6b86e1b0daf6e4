"""What is searched on what, checked before any work, and the directory that belongs to it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.experiment.hyperparameters import Hyperparameters, resolve
from kerasfeat.experiment.setup import Setup, make_setup
from kerasfeat.experiment.spec import Spec
from kerasfeat.files import damage_told
from kerasfeat.progress import say
from kerasfeat.registry import unknown
from kerasfeat.targets import LOWER_IS_BETTER
from tuning import spaces

DEFAULT_TRIALS = 20
LARGEST_GRID = 1000  # trials that nobody meant to ask for
LEAST = {"max_trials": 1, "time_limit_s": 1, "repeats": 1, "workers": 1, "folds": 2}
FILE = "search.json"


@dataclass(frozen=True)
class Request:
    """What `kerasfeat tune` was asked to do.

    Attributes:
        spec: of the experiment, as `fit` takes it; its hyperparameters are not searched.
        strict, mix_sources: as `fit` takes them.
        tuner: one of kerasfeat.choices.TUNERS.
        max_trials: at most; None for DEFAULT_TRIALS, or where the tuner has an end of its own, for
            all.
        time_limit_s: after which no trial starts.
        objective: a metric; None for the target's first.
        folds: inner folds that the objective is measured on; None for the validation songs.
        repeats: trainings of each trial with different seeds.
        over: the only hyperparameters to search.
        out: folder of searches.
        workers: processes on this machine.
    """

    spec: Spec
    strict: bool = False
    mix_sources: bool = False
    tuner: str = "bayesian"
    max_trials: int | None = None
    time_limit_s: float | None = None
    objective: str | None = None
    folds: int | None = None
    repeats: int = 1
    over: tuple[str, ...] = ()
    out: str = "searches"
    workers: int = 1

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON holds."""
        return {**asdict(self), "spec": self.spec.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Request":
        """The Request that `to_json` was called on."""
        spec, over = Spec.from_json(values["spec"]), tuple(values["over"])
        return cls(**{**values, "spec": spec, "over": over})


@dataclass(frozen=True)
class Plan:
    """A search: everything that its trials have in common.

    Attributes:
        setup: what `fit` would train.
        space: name -> its range.
        tuner, objective, folds, repeats, max_trials: see Request.
    """

    setup: Setup
    space: dict[str, spaces.Dimension]
    tuner: str
    objective: str
    folds: int | None
    repeats: int
    max_trials: int | None

    @property
    def direction(self) -> str:
        """ "min" or "max"."""
        return "min" if self.objective in LOWER_IS_BETTER else "max"

    def resolved(self, values: Mapping[str, Any]) -> Hyperparameters:
        """The Hyperparameters with `values` in place of the defaults; stages before the last keep
        theirs.
        """
        defaults = self.setup.hyperparameters
        earlier = {
            f"{part}.{name}": value
            for part, training in defaults.stages.items()
            for name, value in asdict(training).items()
        }
        return resolve(
            self.setup.trunk,
            defaults.frontends,
            self.setup.task.clip_s,
            {**earlier, **defaults.to_json(), **values},
            stages=tuple(defaults.stages),
        )

    @property
    def config(self) -> dict[str, Any]:
        """What makes two searches the same; JSON. The table may lie elsewhere, as for a worker on
        another machine: its content counts.
        """
        spec = self.setup.spec.to_json()
        del spec["data"]
        return {
            "spec": spec,
            "objective": self.objective,
            "space": {name: dimension.to_json() for name, dimension in self.space.items()},
            "tuner": self.tuner,
            "folds": self.folds,
            "repeats": self.repeats,
        }


def make_plan(request: Request) -> Plan:
    """Read the data and check the request.

    Raises:
        KerasfeatError: for whatever `fit` would refuse, an unknown objective or hyperparameter, an
            empty space, or nothing to try.
    """
    _check_numbers(request)
    asked = request.spec
    setup = make_setup(asked, strict=request.strict, mix_sources=request.mix_sources)
    space = spaces.derive(
        setup.hyperparameters,
        setup.trunk,
        setup.recipe.space,
        asked.hyperparameters,
        request.over,
    )
    task = setup.task
    objective = request.objective or task.target.objectives[0]
    if objective not in task.target.objectives:
        raise unknown(f"objective of task {task.name!r}", objective, task.target.objectives)
    max_trials = request.max_trials
    if max_trials is None and request.tuner in ("bayesian", "random"):
        max_trials = DEFAULT_TRIALS
    _refuse_endless(request, space)
    return Plan(
        setup=setup,
        space=space,
        tuner=request.tuner,
        objective=objective,
        folds=request.folds,
        repeats=request.repeats,
        max_trials=max_trials,
    )


def _check_numbers(request: Request) -> None:
    for name, least in LEAST.items():
        value = getattr(request, name)
        if value is not None and value < least:
            raise KerasfeatError(f"{name} is {value}; it must be at least {least}.")


def _refuse_endless(request: Request, space: dict[str, spaces.Dimension]) -> None:
    """Refuse a grid that would take longer than anyone means to wait."""
    bounded = request.max_trials or request.time_limit_s
    if request.tuner == "grid" and not bounded and spaces.grid_size(space) > LARGEST_GRID:
        raise KerasfeatError(
            f"the grid has {spaces.grid_size(space):,} combinations of {', '.join(space)}. "
            "Search fewer of them with --over, or say when to stop with --max-trials or "
            "--time-limit."
        )


def directory(plan: Plan, out: Path | str) -> Path:
    """The directory of this search, which its data, space, and objective name; says how it differs
    from others that lie there.
    """
    config = json.loads(json.dumps(plan.config))
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:10]
    name = plan.setup.task.name
    folder = Path(out) / f"{name}-{digest}"
    if not folder.exists():
        for other in sorted(Path(out).glob(f"{name}-*/{FILE}")):
            with damage_told(other, f"Remove {other.parent}, or name another --out."):
                past = json.loads(other.read_text(encoding="utf-8"))["config"]
            if past["spec"]["data_fingerprint"] == config["spec"]["data_fingerprint"]:
                say(
                    f"{other.parent} is another search ({_difference(past, config)}): this "
                    "one starts from scratch."
                )
    return folder


def _difference(past: dict[str, Any], now: dict[str, Any]) -> str:
    """What differs between two searches' configs, in a few words."""
    past, now = past | past["spec"], now | now["spec"]
    words = []
    for name in now:
        if name in ("space", "hyperparameters"):
            old, new = past.get(name, {}), now[name]
            changed = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
            what = "range" if name == "space" else "value"
            words += [f"{what} of {', '.join(changed)}"] if changed else []
        elif name != "spec" and past.get(name) != now[name]:
            words.append(f"{name} {past.get(name)!r} there, {now[name]!r} now")
    return "; ".join(words)
