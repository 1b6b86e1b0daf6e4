"""From a finished run to a model that TensorFlow Serving runs unchanged, and a client for it.

graph      what is exported: songs of any length and table columns in, names and numbers out, as stock TensorFlow operations
wav        WAV files of any rate to a waveform, in the graph
resample   one sample rate to another, in the graph
export     a version of a model: built, checked, and only then published
warmup     requests with the answers that the Keras model gives: the server warms up on them, the check compares with them
alone      the check, in a process of its own that has neither Keras nor kerasfeat
configs    models.config, batching.config, monitoring.config, compose.yaml
card       what a client and a reader need to know of a model
client     REST without TensorFlow, and gRPC
"""

# What the server is told to batch, and what the warm-up covers at both ends.
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
