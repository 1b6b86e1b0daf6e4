"""What a folder of songs holds, for machines: croissant.json, by MLCommons' format Croissant 1.0
(https://docs.mlcommons.org/croissant/docs/croissant-spec.html).
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from kerasfeat.datasets.provenance import TABLE, Provenance
from kerasfeat.songs import schema

CROISSANT = "croissant.json"
VERSION = "http://mlcommons.org/croissant/1.0"
# The terms of the format, as it asks for them in each file.
_WORDS = (
    "citeAs", "column", "data", "dataType", "equivalentProperty", "examples", "extract", "field",
    "fileProperty", "fileObject", "fileSet", "format", "includes", "isLiveDataset", "jsonPath",
    "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace",
    "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    **{word: f"cr:{word}" for word in _WORDS},
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}


def croissant(name: str, provenance: Provenance, table: bytes, columns: Sequence[str]) -> str:
    """The text of croissant.json.

    Args:
        name: of the folder.
        provenance: "source", "notes" and "licence"; "url" and "date" where there are some.
        table: the table as it is written.
        columns: of the table, in order.
    """
    said = [f"Songs from {provenance['source']}.", *provenance["notes"]]
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": name,
        "description": " ".join(said),
        **({"url": provenance["url"]} if "url" in provenance else {}),
        "license": provenance["licence"],
        **({"datePublished": provenance["date"]} if "date" in provenance else {}),
        "version": "1.0.0",
        "creator": {"@type": "Organization", "name": provenance["source"]},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": TABLE,
                "name": TABLE,
                "contentUrl": TABLE,
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(table).hexdigest(),
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "songs",
                "name": "songs",
                "field": [_field(column) for column in columns],
            }
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _field(column: str) -> dict[str, Any]:
    known = schema.BY_NAME.get(column)
    is_number = known is not None and known.kind != schema.TEXT
    return {
        "@type": "cr:Field",
        "@id": f"songs/{column}",
        "name": f"songs/{column}",
        "dataType": "sc:Float" if is_number else "sc:Text",
        "source": {"fileObject": {"@id": TABLE}, "extract": {"column": column}},
    }
