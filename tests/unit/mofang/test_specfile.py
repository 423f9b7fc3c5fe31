"""Jobs in YAML: what a value means."""

import pytest
import yaml

from mofang.errors import InvalidError
from mofang.specfile import read_spec_file, to_yaml


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "job.yaml"
        path.write_text(f"hyperparameters: {{x: {text}}}\n")
        return read_spec_file(path)["hyperparameters"]["x"]

    return read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1e-4", 1e-4), ("1E5", 1e5), ("-.5", -0.5), ("1.", 1.0), ("3", 3)),
        *(("0x1F", 31), ("0o17", 15), ("010", 10), ("-7", -7), ("true", True)),
        *(("False", False), ("null", None), ("~", None), ("1_000", "1_000")),
        *((word, word) for word in ("no", "Yes", "on", "OFF", "y", "n", "12:30")),
        *(("1:30:00", "1:30:00"), ("1.2.3", "1.2.3"), ("1e", "1e"), ("e3", "e3")),
        *(("'1e-4'", "1e-4"), ('"2026-11-01"', "2026-11-01")),
    ],
)
def test_values_are_read_by_yaml_1_2(read, text, value):
    found = read(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["2026-11-01", "2026-11-01T12:00:00Z", "2026-11-01 12:00:00", "2026-13-99"]
)
def test_a_date_is_refused_under_its_name(read, text):
    with pytest.raises(InvalidError) as caught:
        read(text)
    assert caught.value.fields == {
        "hyperparameters.x": f'{text} is a date. Quote it: "{text}"'
    }


def test_a_date_in_a_list_is_named_by_its_place(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text("arguments: [a, 2026-11-01]\n")
    with pytest.raises(InvalidError) as caught:
        read_spec_file(path)
    assert list(caught.value.fields) == ["arguments.1"]


@pytest.mark.parametrize(
    "value",
    [
        *("1e-4", "no", "12:30", "08", "0o17", "010", "2026-11-01", "~", "", "true"),
        *(1e-4, 1e22, 1e-05, 0.1, 10, -3, True, None, "1_000", "x: y", "a\nb"),
    ],
)
def test_what_is_written_is_read_as_it_was_by_both_versions(tmp_path, value):
    text = to_yaml({"arguments": [value]})
    path = tmp_path / "job.yaml"
    path.write_text(text)
    for found in (read_spec_file(path), yaml.safe_load(text)):
        assert found == {"arguments": [value]}
        assert type(found["arguments"][0]) is type(value)
