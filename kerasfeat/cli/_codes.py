"""How commands end, as docs/reliability.md has it."""

FAILED = 1
# What Click gives a command line that can't be.
USAGE = 2
UNMET = 3
# 128 and the number of the signal, as shells have it.
INTERRUPTED = 130
