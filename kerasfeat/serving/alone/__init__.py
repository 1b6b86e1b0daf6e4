"""What runs without Keras and without the rest of kerasfeat; run as a directory, it is the check of
an exported version.
"""
