from kerasfeat import recipes as recipes
from kerasfeat import tasks as tasks
from kerasfeat.api.describing import describe as describe
from kerasfeat.api.fitting import compare as compare
from kerasfeat.api.fitting import fit as fit
from kerasfeat.api.run import Run as Run
from kerasfeat.api.run import load_run as load_run
from kerasfeat.audio.frontends import frontends as frontends
from kerasfeat.experiment.spec import Spec as Spec
from kerasfeat.songs.loading import Songs as Songs
from kerasfeat.songs.loading import load_songs as load_songs

__version__: str

class KerasfeatError(Exception): ...
