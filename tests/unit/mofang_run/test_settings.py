import pytest

from mofang_run.job.env_parsing import SettingsError
from mofang_run.job.settings import DataPath, RunSettings

DATA_PATHS = '[{"kind": "input", "name": "data", "path": "/d", "pass_as": "parameter"}]'


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("MOFANG_HYPERPARAMETERS", "{", "must be JSON"),
        ("MOFANG_HYPERPARAMETERS", "[]", "must be an object"),
        ("MOFANG_HYPERPARAMETERS", '{"a": [1]}', "give a a text, a number"),
        ("MOFANG_HYPERPARAMETERS", '{"a": null}', "give a a text, a number"),
        ("MOFANG_DATA_PATHS", "{}", "must be a list"),
        ("MOFANG_DATA_PATHS", '["x"]', "must list objects"),
        ("MOFANG_DATA_PATHS", DATA_PATHS.replace("/d", "d"), "an absolute path"),
        (
            "MOFANG_DATA_PATHS",
            DATA_PATHS.replace("input", "else"),
            "not an input or output",
        ),
        (
            "MOFANG_DATA_PATHS",
            DATA_PATHS.replace("data", "a b"),
            "not an input or output",
        ),
        (
            "MOFANG_DATA_PATHS",
            DATA_PATHS.replace("pass_as", "other"),
            "must list objects",
        ),
        ("MOFANG_ROLES", '{"worker": 0}', "at least 1"),
        ("MOFANG_ROLES", '{"worker": true}', "at least 1"),
        ("MOFANG_HOST_TEMPLATES", '{"worker": 1}', "a host name"),
        ("MOFANG_FORWARDED_ENV", "[1]", "names of variables"),
        ("MOFANG_ATTEMPT", "0", "at least 1"),
        ("MOFANG_HOLD_MINUTES", "-1", "at least 0"),
        ("MOFANG_CODE_SNAPSHOT", "../x", "64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_that_names_it(name, text, says):
    with pytest.raises(SettingsError, match=says) as caught:
        RunSettings.from_environment({name: text})
    assert name in str(caught.value)


def test_bad_json_ends_the_wrapper_with_2(wrapper):
    code, output = wrapper(wrapper.script(""), MOFANG_DATA_PATHS="{]")
    assert code == 2
    assert "[Mofang] " in output
    assert "MOFANG_DATA_PATHS must be JSON" in output
    assert "MOFANG_DATA_PATHS must be JSON" in wrapper.termination_log.read_text()


def test_everything_has_a_default():
    settings = RunSettings.from_environment({})
    assert settings.roles == {"worker": 1}
    assert settings.data_paths == ()
    assert settings.hold_minutes == 0


def test_places_are_read_with_their_flags():
    text = DATA_PATHS.replace("input", "output").replace("}", ', "staged": true}')
    assert RunSettings.from_environment({"MOFANG_DATA_PATHS": text}).data_paths == (
        DataPath("output", "data", "/d", "parameter", staged=True, preload=False),
    )


def test_a_host_name_is_that_of_the_replica():
    settings = RunSettings.from_environment(
        {"MOFANG_HOST_TEMPLATES": '{"worker": "t-{index}"}'}
    )
    assert settings.host("worker", 3) == "t-3"
    assert settings.host("ps", 0) == ""
