"""Songs are told before the next ones are read."""

from pathlib import Path
from typing import Any

import pytest

from kerasfeat.engines import LOCAL
from kerasfeat.inference import describe, predicting
from kerasfeat.inference.describe import Describer
from kerasfeat.inference.predict import Predictor
from kerasfeat.inference.predicting import Predicting, predicted
from kerasfeat.inference.requested import songs_of
from kerasfeat.pipeline.store import Store


def test_of_a_block_at_a_time_more_is_not_read(
    clips: list[Path], run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(describe, "BLOCK_SONGS", 4)
    monkeypatch.setattr(predicting, "HEARD_SONGS", 3)
    monkeypatch.setenv("KERASFEAT_CACHE", str(tmp_path / "cache"))
    frame, predictor, describer = songs_of(clips)[0], Predictor(run.path), Describer()
    (heard,) = predictor.frontends.values()
    rows = {
        describer.measures: (describer.rows(frame), 4),
        heard: (predicted(Predicting(predictor, predictor.from_table(frame)), frame, LOCAL), 3),
    }
    for frontend, (songs, block) in rows.items():
        assert next(songs)["track_id"] == str(clips[0])
        assert 0 < len(Store().keys(frontend)) <= block
        assert len(list(songs)) == len(clips) - 1
        assert len(Store().keys(frontend)) == 17
