"""What TensorBoard shows of a run: kerasfeat.boards.run_board puts it together.

The curves are logged by every training. Nothing here knows of experiments: each function takes what
it shows.
"""
