"""What TensorBoard shows of a run; kerasfeat.boards.run_board puts it together, but for the curves,
which every training logs.
"""
