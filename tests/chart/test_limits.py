"""What one caller may ask for: where the chart's values go."""

import json
import re

import pytest


def test_hub_and_training_service_get_all_limits(render, minimal):
    own = {"limits": {"streamsPerUser": 7}, "jobs": {"limitPerUser": 9}}
    found = render(minimal, own).file("mofang-settings", "settings.yaml")

    assert found["limits"]["streamsPerUser"] == 7
    assert found["limits"]["hubBodyKib"] == 256
    assert found["jobs"]["limitPerUser"] == 9


def test_the_reconciler_gets_the_number_of_jobs(render, minimal):
    rendered = render(minimal, {"jobs": {"limitPerProject": 42}})

    found = rendered.file("mofang-reconciler", "reconciler.yaml")
    assert found["jobsPerProject"] == 42


def test_what_is_far_too_long_for_the_service_is_refused_at_the_gateway(chart):
    refusal, forward = chart.get("VirtualService", "training")["spec"]["http"]

    assert refusal["directResponse"]["status"] == 413
    said = json.loads(refusal["directResponse"]["body"]["string"])
    assert set(said) == {"error", "message", "fields"}
    assert "128 KiB" in said["message"]
    [match] = refusal["match"]
    assert match["uri"] == forward["match"][0]["uri"]
    longer = re.compile(match["headers"]["content-length"]["regex"])
    assert longer.fullmatch("1000000")
    assert not longer.fullmatch("131072")


def test_a_connection_costs_the_gateway_little(render, minimal):
    own = {
        "gateway": {
            "connections": {"headersSeconds": 5, "bufferKib": 32, "headersKib": 16}
        }
    }
    [found] = render(minimal, own).of_kind("EnvoyFilter")

    assert found["metadata"]["namespace"] == "istio-system"
    selector = found["spec"]["workloadSelector"]["labels"]
    assert selector == {"istio": "ingressgateway"}
    listener, manager = (
        each["patch"]["value"] for each in found["spec"]["configPatches"]
    )
    assert listener == {"per_connection_buffer_limit_bytes": 32768}
    assert manager["typed_config"]["request_headers_timeout"] == "5s"
    assert manager["typed_config"]["max_request_headers_kb"] == 16
    limits = manager["typed_config"]["http2_protocol_options"]
    assert limits == {"max_concurrent_streams": 100}


def test_a_shared_gateway_may_be_left_as_it_is(render, minimal):
    own = {"gateway": {"connections": {"enabled": False}}}

    assert not render(minimal, own).of_kind("EnvoyFilter")


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {"trainingBodyKib": 1}},
        {"limits": {"requestsPerSecond": 0}},
        {"limits": {"surprise": 1}},
        {"jobs": {"limitPerUser": 0}},
    ],
)
def test_values_that_shut_everybody_out_are_refused(helm, minimal, wrong):
    done = helm(minimal, wrong)

    assert done.returncode != 0
    assert next(iter(wrong)) in done.stderr
