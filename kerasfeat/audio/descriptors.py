"""The names of the 207 low-level descriptors that SpotGenTrack's table has.

They stand in the order of the script that made it (Martin-Gutierrez et al. 2020).
"""

GROUPS = {"MFCC": 48, "Chroma": 12, "MEL": 128, "Tonnetz": 6, "Spectral_contrast": 7}
SINGLE = (
    "ZCR",
    "spectral_centroid",
    "spectral_rollOff_min",
    "spectral_rollOff_max",
    "spectral_bandwith",
    "entropy_energy",
)
COLUMNS = (
    *SINGLE,
    *(f"{name}_{number}" for name, size in GROUPS.items() for number in range(1, size + 1)),
)
