"""Searches for good hyperparameters on keras-tuner: spaces, oracles that survive a kill, trials,
workers, and results.
"""
