"""Damaged files, a short form of the attack."""

import mutants
import pytest

# Of a crash in pyarrow, and of errors of its own.
FELL = (285, 4505, 5417)


@pytest.fixture
def decoder(tmp_path):
    return mutants.Decoder(tmp_path)


def faults(decoder, originals, numbers):
    for number, (suffix, content) in mutants.mutants(originals, numbers, seed=0):
        if fault := decoder.fault_of(suffix, content):
            yield number, fault


@pytest.mark.slow
def test_a_damaged_parquet_file_is_a_table_or_one_message(decoder, tmp_path):
    tables = mutants.write_tables(tmp_path)
    assert not list(faults(decoder, tables, [*range(37), *FELL]))


@pytest.mark.slow
def test_a_damaged_audio_file_is_sound_or_one_message(decoder, tmp_path):
    sounds = mutants.write_originals(tmp_path)
    assert not list(faults(decoder, sounds, range(96)))
