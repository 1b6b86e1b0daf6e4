"""What `import kerasfeat` offers: from songs to a run, and what a run can do."""
