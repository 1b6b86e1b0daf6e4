"""Which members an ensemble has: those that the inputs, and the number of songs, allow."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kerasfeat import KerasfeatError
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.ensemble import Ensemble
from kerasfeat.experiment.evaluation import Trainable
from kerasfeat.experiment.hyperparameters import Hyperparameters, resolve
from kerasfeat.experiment.member_kinds import MANY_SONGS, ensemble_trunk
from kerasfeat.experiment.members import Member, NetworkMember, SimpleMember
from kerasfeat.experiment.setup import Setup, by_size
from kerasfeat.experiment.spec import LINEAR, MEMBERS, NETWORK, SUPPORT_VECTORS, TREES
from kerasfeat.experiment.training import Experiment
from kerasfeat.networks.trunks import Trunk, trunks
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.simple.fitting import BOOSTING, EXTRA_TREES

AUDIO = "audio"


def make_trainable(setup: Setup, dataset: Dataset) -> Trainable:
    """What a setup trains: one network, or an ensemble.

    Raises:
        KerasfeatError: no kind of member that is asked for can learn from these songs.
    """
    network = Experiment.of(setup, dataset)
    if not setup.spec.members:
        return network
    members = tuple(_members(setup, network))
    if not members:
        raise KerasfeatError(
            f"--members {','.join(setup.spec.members)}: support vectors learn from the audio of "
            f"fewer than {MANY_SONGS:,} songs, and these are {len(dataset.songs):,} with "
            f"{', '.join(dataset.inputs.names)}. Name other members too: {', '.join(MEMBERS)}."
        )
    return Ensemble(dataset, members, setup.spec.seed)


def _members(setup: Setup, network: Experiment) -> Iterator[Member]:
    """The members of each kind that is wanted."""
    dataset, kinds, seed = network.dataset, setup.spec.members, setup.spec.seed
    parts = _parts(dataset.inputs)
    if LINEAR in kinds:
        for name, own in parts.items():
            yield SimpleMember(_named(LINEAR, name), LINEAR, _only(dataset, own), seed)
    few = len(dataset.songs) < MANY_SONGS
    if TREES in kinds:
        for kind in (EXTRA_TREES, BOOSTING) if few else (BOOSTING,):
            for name, own in parts.items():
                label = _named(kind.replace("_", " "), name)
                yield SimpleMember(label, kind, _only(dataset, own), seed)
    if SUPPORT_VECTORS in kinds and few and dataset.inputs.frontends:
        name = AUDIO if AUDIO in parts else ""
        label = _named("support vectors", name)
        yield SimpleMember(label, SUPPORT_VECTORS, _only(dataset, parts[name]), seed)
    if NETWORK in kinds:
        for name, own in parts.items():
            # Of few songs linear models learn as much of what is heard alone, and quicker.
            if name != AUDIO or not few:
                one = _network(setup, network, _only(dataset, own)) if name else network
                yield NetworkMember(_named(NETWORK, name), one, _start(one) if few else None)


def _parts(inputs: Inputs) -> dict[str, list[str]]:
    """What members read, by a name: each table input, all audio, and "" for everything."""
    tables = {name: [name] for name in inputs.tables}
    audio = {AUDIO: list(inputs.frontends)} if inputs.frontends else {}
    parts = {**tables, **audio}
    return {**(parts if len(parts) > 1 else {}), "": inputs.names}


def _only(dataset: Dataset, names: Sequence[str]) -> Dataset:
    return replace(dataset, inputs=dataset.inputs.only(names))


def _named(kind: str, name: str) -> str:
    return f"{kind} on {name}" if name else kind


def _network(setup: Setup, whole: Experiment, dataset: Dataset) -> Experiment:
    """A network on one of several inputs."""
    names = dataset.inputs.names
    trunk = trunks.get(ensemble_trunk(names, len(setup.songs.frame)))
    hyperparameters = _hyperparameters(setup, trunk, names)
    return replace(whole, dataset=dataset, trunk=trunk, hyperparameters=hyperparameters)


def _start(network: Experiment) -> SimpleMember | None:
    """What a network of few songs starts from where it hears them and learns labels: an embedding
    has more numbers than there are songs, and a network that starts anew is sure of wrong labels.
    Of numbers it is not, and says other things than a linear model: docs/results.md has figures.
    """
    if not (network.dataset.inputs.frontends and network.target.has_labels):
        return None
    return SimpleMember(LINEAR, LINEAR, network.dataset, network.seed)


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
