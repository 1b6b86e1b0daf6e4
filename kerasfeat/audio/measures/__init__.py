"""What can be measured in a whole song without labels: tempo, key, metre, and loudness."""
