"""What TensorBoard shows of a run beside the curves of kerasfeat.training.curves; kerasfeat.training.tensorboard puts it together."""
