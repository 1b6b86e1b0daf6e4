"""A run from the Hugging Face Hub: "hf://owner/name", with "@revision" where one is meant."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from kerasfeat import KerasfeatError
from kerasfeat.cache import cache_dir

SCHEME = "hf://"
NAME = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
# A run's files, of which none is code: model.keras is read in Keras's safe mode.
FILES = ("run.json", "metrics.json", "model.keras")
MOST_BYTES = 2 * 2**30


def downloaded(name: str) -> Path:
    """The folder of a run of the hub, in the cache.

    Args:
        name: "hf://owner/name" or "hf://owner/name@revision".

    Raises:
        KerasfeatError: the name is none, the extra is not installed, or the hub has no such run.
    """
    found = NAME.fullmatch(name)
    if not found:
        raise KerasfeatError(f"{name!r} does not name a run: write hf://owner/name.")
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise KerasfeatError(
            "runs of the hub need huggingface_hub, which is not installed: "
            "`pip install 'kerasfeat[hub]'`."
        ) from error
    api = HfApi()
    _require_safe(api.endpoint)
    try:
        info = api.model_info(found[1], revision=found[2], files_metadata=True)
        _require_run(name, {file.rfilename: file.size or 0 for file in info.siblings or ()})
        paths = [
            api.hf_hub_download(
                found[1], file, revision=info.sha, cache_dir=cache_dir() / "hub_runs"
            )
            for file in FILES
        ]
    except (HfHubHTTPError, OSError) as error:
        words = " ".join(str(error).split())[:300]
        raise KerasfeatError(f"{name} can't be downloaded: {words}") from error
    return Path(paths[0]).parent


def _require_safe(endpoint: str) -> None:
    """Refuse to download what others could change on its way."""
    url = urlsplit(endpoint)
    if url.scheme != "https" and url.hostname not in ("127.0.0.1", "localhost"):
        raise KerasfeatError(f"HF_ENDPOINT is {endpoint}: runs are downloaded by https alone.")


def _require_run(name: str, sizes: dict[str, int]) -> None:
    missing = [file for file in FILES if file not in sizes]
    if missing:
        raise KerasfeatError(
            f"{name} is not a kerasfeat run: it has no {', '.join(missing)}. "
            "`kerasfeat export RUN --hub-folder DIR` writes one."
        )
    total = sum(sizes[file] for file in FILES)
    if total > MOST_BYTES:
        raise KerasfeatError(
            f"{name} has {total / 2**30:.1f} GiB; at most {MOST_BYTES / 2**30:.0f} are downloaded."
        )
