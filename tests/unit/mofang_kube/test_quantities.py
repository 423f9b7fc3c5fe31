from decimal import Decimal

import pytest

from mofang_kube.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("2", "2", id="a whole number"),
        pytest.param("0", "0", id="nothing"),
        pytest.param("0.5", "0.5", id="a half"),
        pytest.param(".5", "0.5", id="a half without its zero"),
        pytest.param("500m", "0.5", id="thousandths"),
        pytest.param("1k", "1000", id="kilo"),
        pytest.param("1M", "1000000", id="mega"),
        pytest.param("1Ki", "1024", id="kibi"),
        pytest.param("4Gi", "4294967296", id="gibi"),
        pytest.param("1.5Gi", "1610612736", id="one and a half gibi"),
        pytest.param("1E", "1e18", id="exa"),
        pytest.param("1Ei", "1152921504606846976", id="exbi"),
    ],
)
def test_the_number_behind_a_quantity(text, number):
    assert parse_quantity(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Gi", id="a unit alone"),
        pytest.param(".", id="a point alone"),
        pytest.param("-1", id="below zero"),
        pytest.param("+1", id="a sign"),
        pytest.param("1gi", id="a small letter"),
        pytest.param("1GB", id="another unit"),
        pytest.param("1 Gi", id="a space inside"),
        pytest.param("1\n", id="a line's end"),
        pytest.param("NaN", id="no number"),
        pytest.param("inf", id="no end"),
        pytest.param("\u0663", id="digits of another alphabet"),
    ],
)
def test_other_forms_are_refused(text):
    """What Kubernetes would not take is refused before it is asked."""
    with pytest.raises(ValueError, match="write it as 2, 500m or 4Gi"):
        parse_quantity(text)
