"""One file a backbone: each defines BACKBONE; the file's name is the backbone's name."""
