"""Rows as the text of a table."""

import csv
import io

from kerasfeat.data import schema


def table(rows):
    """The text of a table: canonical columns first, then the others as they come."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["track_id"]
    columns = [name for name in schema.BY_NAME if name in names] + [name for name in names if name not in schema.BY_NAME]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
