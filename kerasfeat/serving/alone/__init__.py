"""What runs without Keras and without the rest of kerasfeat: as a directory, `python kerasfeat/serving/alone DIR` is the check of a version."""
