"""Names for what numbers come in."""

from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
# A TensorFlow or Keras tensor, eager or symbolic; neither library types them.
Tensor: TypeAlias = Any
