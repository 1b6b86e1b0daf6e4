"""What TensorBoard shows of a run; kerasfeat.training.tensorboard puts it together, but for the curves, which every training logs."""
