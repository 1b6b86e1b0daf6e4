"""What kerasfeat is measured by; `python -m benchmarks` is the table of speed."""
