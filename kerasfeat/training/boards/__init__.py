"""What TensorBoard shows of a run beside Keras's own curves; kerasfeat.training.tensorboard puts it together."""
