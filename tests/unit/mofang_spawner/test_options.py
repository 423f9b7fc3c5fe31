import pytest

from mofang_kube.errors import InvalidError
from mofang_spawner.options import ServerOptions

NAMES = {"project": "vision", "environment": "pytorch"}


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        pytest.param({"project": "vision"}, "environment", "missing", id="missing"),
        pytest.param({**NAMES, "project": ""}, "project", "missing", id="empty"),
        pytest.param({**NAMES, "image": "x"}, "image", "not known", id="unknown field"),
        pytest.param(
            {**NAMES, "project": "../speech"}, "project", "not a name", id="a path"
        ),
        pytest.param(
            {**NAMES, "environment": "Py"}, "environment", "not a name", id="a capital"
        ),
        pytest.param(
            {**NAMES, "project": "{username}"}, "project", "not a name", id="a template"
        ),
        pytest.param(
            {**NAMES, "project": "a" * 41}, "project", "not usable", id="too long"
        ),
        pytest.param(
            {**NAMES, "project": ["vision"]}, "project", "not usable", id="a list"
        ),
        pytest.param({**NAMES, "gpu": "one"}, "gpu", "not usable", id="gpu in words"),
        pytest.param({**NAMES, "gpu": "-1"}, "gpu", "not usable", id="gpu below zero"),
        pytest.param({**NAMES, "gpu": 1.5}, "gpu", "not usable", id="half a gpu"),
        pytest.param({**NAMES, "gpu": True}, "gpu", "not usable", id="gpu as a truth"),
        pytest.param(
            {**NAMES, "gpu": "9" * 5000}, "gpu", "not usable", id="gpu without end"
        ),
        pytest.param(
            {**NAMES, "gpu": "\u0663"}, "gpu", "not usable", id="another alphabet"
        ),
        pytest.param(
            {**NAMES, "cpu": {"min": 1}}, "cpu", "not usable", id="cpu as an object"
        ),
        pytest.param(
            {**NAMES, "safe_mode": "yes"}, "safe_mode", "not usable", id="a word"
        ),
        pytest.param(
            {**NAMES, "safe_mode": 1}, "safe_mode", "not usable", id="a number"
        ),
        pytest.param(
            {**NAMES, "safe_mode": ["true"]}, "safe_mode", "not usable", id="truths"
        ),
        pytest.param(
            {**NAMES, "memory": "1" * 41}, "memory", "not usable", id="memory too long"
        ),
    ],
)
def test_options_that_are_refused(given, field, says):
    with pytest.raises(InvalidError) as caught:
        ServerOptions.parse(given)

    assert list(caught.value.fields) == [field]
    assert says in caught.value.fields[field]


def test_every_fault_is_named_at_once():
    with pytest.raises(InvalidError) as caught:
        ServerOptions.parse({"image": "x", "gpu": "one"})

    assert set(caught.value.fields) == {"project", "environment", "image", "gpu"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, {}, id="nothing asked"),
        pytest.param({"cpu": "", "memory": None}, {}, id="fields left empty"),
        pytest.param({"gpu": "2"}, {"gpu": 2}, id="a form's gpu"),
        pytest.param({"gpu": 0}, {"gpu": 0}, id="no gpu, said so"),
        pytest.param({"gpu": "0"}, {"gpu": 0}, id="a form's zero"),
        pytest.param({"cpu": 2}, {"cpu": "2"}, id="a whole number"),
        pytest.param({"cpu": 0.5}, {"cpu": "0.5"}, id="a broken number"),
        pytest.param({"memory": "4Gi"}, {"memory": "4Gi"}, id="a quantity"),
        pytest.param({"safe_mode": True}, {"safe_mode": True}, id="safe mode"),
        pytest.param({"safe_mode": "true"}, {"safe_mode": True}, id="a form's button"),
        pytest.param({"safe_mode": "false"}, {}, id="a form's no"),
        pytest.param({"safe_mode": False}, {}, id="not in safe mode"),
    ],
)
def test_options_that_are_read(given, expected):
    options = ServerOptions.parse({**NAMES, **given})

    assert options.as_given() == {**NAMES, **expected}


def test_a_form_and_rest_read_alike():
    form = {"project": ["vision"], "environment": ["pytorch"], "gpu": ["1"], "cpu": []}

    assert ServerOptions.parse_form(form) == ServerOptions.parse({**NAMES, "gpu": 1})


def test_a_field_given_twice_is_refused():
    """Of two answers, neither is taken for the one that was meant."""
    form = {"project": ["vision", "speech"], "environment": ["pytorch"]}

    with pytest.raises(InvalidError, match="project was given more than once"):
        ServerOptions.parse_form(form)


def test_what_was_read_reads_again():
    """The hub keeps options and starts from them once more."""
    options = ServerOptions.parse({**NAMES, "gpu": "1", "cpu": 2})

    assert ServerOptions.parse(options.as_given()) == options
