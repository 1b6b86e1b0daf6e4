"""Which members an ensemble has: those that the inputs, and the number of songs, allow."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.ensemble import Ensemble
from kerasfeat.experiment.evaluation import Trainable
from kerasfeat.experiment.hyperparameters import Hyperparameters, resolve
from kerasfeat.experiment.member_kinds import MANY_SONGS, ensemble_trunk
from kerasfeat.experiment.members import Member, NetworkMember, SimpleMember
from kerasfeat.experiment.setup import Setup, by_size
from kerasfeat.experiment.spec import LINEAR, NETWORK, TREES
from kerasfeat.experiment.training import Experiment
from kerasfeat.networks.trunks import Trunk, trunks

EXTRA_TREES, BOOSTING = "extra_trees", "gradient_boosting"


def make_trainable(setup: Setup, dataset: Dataset) -> Trainable:
    """What a setup trains: one network, or an ensemble."""
    network = Experiment.of(setup, dataset)
    if not setup.spec.members:
        return network
    return Ensemble(dataset, tuple(_members(setup, network)), setup.spec.seed)


def _members(setup: Setup, network: Experiment) -> Iterator[Member]:
    """Linear models and networks on each input and on all, and trees on all."""
    dataset, kinds = network.dataset, setup.spec.members
    parts = _parts(dataset)
    if LINEAR in kinds:
        for name, own in parts.items():
            yield SimpleMember(_named(LINEAR, name), LINEAR, own, setup.spec.seed)
    if TREES in kinds:
        few = len(dataset.songs) < MANY_SONGS
        for kind in (EXTRA_TREES, BOOSTING) if few else (BOOSTING,):
            yield SimpleMember(kind.replace("_", " "), kind, dataset, setup.spec.seed)
    if NETWORK in kinds:
        folded = len(dataset.songs) < MANY_SONGS
        for name, own in parts.items():
            one = _network(setup, network, own) if name else network
            yield NetworkMember(_named(NETWORK, name), one, folded)


def _parts(dataset: Dataset) -> dict[str, Dataset]:
    """The dataset with each of several inputs alone, by its name, and "" for all of them."""
    inputs = dataset.inputs
    alone = inputs.names if len(inputs.names) > 1 else []
    parts = {name: replace(dataset, inputs=inputs.only([name])) for name in alone}
    return {**parts, "": dataset}


def _named(kind: str, name: str) -> str:
    return f"{kind} on {name}" if name else kind


def _network(setup: Setup, whole: Experiment, dataset: Dataset) -> Experiment:
    """A network on one of several inputs."""
    names = dataset.inputs.names
    trunk = trunks.get(ensemble_trunk(names, len(setup.songs.frame)))
    hyperparameters = _hyperparameters(setup, trunk, names)
    return replace(whole, dataset=dataset, trunk=trunk, hyperparameters=hyperparameters)


def _hyperparameters(setup: Setup, trunk: Trunk, names: Sequence[str]) -> Hyperparameters:
    """The hyperparameters of a network on some of the inputs: those that are asked for of training
    and of its front-ends, and its own trunk's defaults.
    """
    heard = setup.hyperparameters.frontends
    audio = {name: heard[name] for name in names if name in heard}
    size = by_size(trunk, len(setup.songs.frame), True)
    clip_s = next((frontend.clip_s for frontend in audio.values()), setup.task.clip_s)
    known = resolve(trunk, audio, clip_s).to_json().keys() - trunk.hyperparameters.keys()
    asked = {n: value for n, value in setup.asked.hyperparameters.items() if n in known}
    return resolve(trunk, audio, clip_s, size, asked)
