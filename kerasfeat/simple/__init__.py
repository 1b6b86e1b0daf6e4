"""Models that learn in seconds, by scikit-learn: they are compared with, and part of ensembles."""
