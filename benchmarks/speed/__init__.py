"""The table of speed: a module for each family of rows, each with `measure(setting)`."""

# In the order of the page; each is measured in a process of its own.
FAMILIES = (
    "extraction",
    "training",
    "fitting",
    "predicting",
    "describing",
    "exporting",
    "searching",
    "starting",
    "memory",
)
