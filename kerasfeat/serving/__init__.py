"""From a finished run to a model that TensorFlow Serving runs unchanged, and a client for it.

`export` writes a version of a model: `signatures` are what a server offers by name, over the
functions of `graph`, which uses `wav` and `resample`; `warmup` holds requests with the Keras
model's answers, `card` what clients and readers need to know, `configs` the server's own files.
`verify` runs the check before a version is published, in a process that has only `alone`. `client`
asks a server over REST, without TensorFlow, and `rpc` over gRPC.
"""

# What the server is told to batch, and what the warm-up covers at both ends.
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
