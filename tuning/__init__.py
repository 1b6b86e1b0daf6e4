"""keras-tuner search spaces and drivers."""
