"""Bootstrap samples of songs.

Source: Breiman 1996, "Bagging predictors".
"""

import numpy as np

from kerasfeat.arrays import Array


def bootstrap_sample(songs: Array, groups: Array, draw: np.random.Generator) -> Array:
    """Songs drawn with replacement: as many artists as there are, each with all of their songs.

    Args:
        songs: int [songs], their places.
        groups: int [songs], whose songs they are.
        draw: what draws.

    Returns:
        Places of the drawn songs, of which some stand there several times.
    """
    artists = np.unique(groups)
    chosen = draw.choice(artists, len(artists))
    return np.concatenate([songs[groups == group] for group in chosen])
