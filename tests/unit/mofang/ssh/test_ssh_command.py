"""``mofang ssh``: the command line that it becomes."""

import json
import shlex
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec

import pytest
from unit.mofang.fake_service import TOKEN, a_job
from unit.mofang.ssh.bridge import JOB, PROGRAM, running_job

from mofang.cli.app import Platform
from mofang.cli.completing import complete_replica
from mofang.cli.ssh_commands import WithCommand
from mofang.ssh.options import this_program
from mofang.ssh.replica_hosts import find_host, open_hosts
from mofang_api.models import Framework, JobSpec, JobState, Replica, ReplicaState

SHOW = f"""#!{sys.executable}
import json, sys
print(json.dumps(sys.argv))
"""


@pytest.fixture
def become_ssh(ssh_service, tmp_path):
    """Run ``mofang ssh`` where ssh is a program that shows how it was called."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ssh").write_text(SHOW)
    (programs / "ssh").chmod(0o755)

    async def run(*arguments: str):
        before = ssh_service.environment()
        environment = {**before, "PATH": f"{programs}:{before['PATH']}"}
        process = await ssh_service.start("ssh", *arguments, env=environment)
        output, errors = await process.communicate()
        assert process.returncode == 0, errors
        return json.loads(output)

    return run


async def test_ssh_gets_the_terminal_and_all_it_needs(become_ssh, ssh_service):
    arguments = await become_ssh(JOB, "worker-1", "--user", "ada")
    options = dict(x.split("=", 1) for x in arguments[2:-1:2])
    assert arguments[-1] == "mofang-digits-000001-worker-1"
    assert options["User"] == "ada"
    assert options["HostKeyAlias"] == "mofang-digits-000001-1-worker-1"
    proxy = shlex.split(options["ProxyCommand"].replace("%%", "%"))
    assert proxy[:4] == [sys.executable, "-P", "-c", PROGRAM]
    assert proxy[4:9] == ["--url", ssh_service.url, "--project", "vision", "ssh-proxy"]
    assert proxy[-2:] == [JOB, "worker-1"]
    assert not [word for word in arguments if TOKEN in word]


@pytest.mark.parametrize(
    "command",
    [
        ["ls", "-la", "--", "my dir"],
        ["python", "-c", "print(6*7, '$HOME')"],
        ["printf", "%s|", "", "a'b", 'c"d', "é", "x\ny"],
    ],
    ids=["spaces", "code", "odd words"],
)
async def test_the_words_after_two_dashes_reach_the_program_as_they_are(
    become_ssh, command
):
    """Ssh joins words to a line, which a shell at the other end takes apart."""
    arguments = await become_ssh(JOB, "--", *command)
    assert arguments[-3:-1] == ["mofang-digits-000001-worker-0", "--"]
    show = f"""set -- {arguments[-1]}; printf '%s\\0' "$@" """
    shell = await create_subprocess_exec("sh", "-c", show, stdout=PIPE)
    found, _ = await shell.communicate()
    assert found.decode().split("\0")[:-1] == command


async def test_one_word_after_two_dashes_is_a_line_for_the_shell(become_ssh):
    arguments = await become_ssh(JOB, "--", "ls *.pt | wc -l")
    assert arguments[-2:] == ["--", "ls *.pt | wc -l"]


async def test_an_attempt_after_a_restart_is_known_by_another_name(
    become_ssh, ssh_service
):
    ssh_service.job = running_job(attempt=3)
    arguments = await become_ssh(JOB)
    assert "HostKeyAlias=mofang-digits-000001-3-worker-0" in arguments


def test_without_ssh_a_sentence_says_what_to_install(mofang, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = mofang("ssh", JOB)
    assert result.exit_code == 2
    assert "Install the OpenSSH client" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([JOB, "first"], "worker-0"),
        ([JOB, "worker-7"], "It has worker-0 to worker-1"),
        ([JOB, "ps-0"], "has no replica ps-0"),
        (["digits-000002"], "No replica of job digits-000002 runs now (Queued)"),
        (["../x"], "is not the id of a job"),
    ],
)
def test_what_cannot_be_is_one_sentence(mofang, service, arguments, says):
    service.add(running_job())
    service.add(a_job(2, JobState.QUEUED, replicas=[]))
    result = mofang("ssh", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_the_leading_replica_that_runs_comes_first():
    spec = JobSpec(
        name="t",
        image="i:1",
        script="/home/jovyan/t.py",
        framework=Framework.TENSORFLOW,
        replicas=2,
        roles={"chief": {"replicas": 1}, "ps": {"replicas": 1}},
    )
    running = ReplicaState.RUNNING
    replicas = [
        Replica(role="ps", index=0, state=running),
        Replica(role="worker", index=1, state=running),
        Replica(role="worker", index=0),
        Replica(role="chief", index=0, state=running),
    ]
    job = a_job(spec=spec, replicas=replicas)
    names = [each.replica for each in open_hosts(job)]
    assert names == ["chief-0", "worker-1", "ps-0"]
    assert find_host(job, None).replica == "chief-0"
    # What is kept after a failure can be gone into too.
    kept = Replica(
        role="worker", index=0, state=ReplicaState.FAILED, shell_allowed=True
    )
    assert find_host(a_job(spec=spec, replicas=[kept]), None).replica == "worker-0"


def test_the_program_is_found_again_from_anywhere(tmp_path, monkeypatch):
    script = tmp_path / "mofang"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert this_program(str(script)) == [str(script)]
    monkeypatch.chdir(tmp_path)
    assert this_program("./mofang") == [str(script)]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert this_program("mofang") == [str(script)]
    assert this_program("-c") == [sys.executable, "-P", "-c", PROGRAM]
    assert this_program("/gone/mofang") == [sys.executable, "-P", "-c", PROGRAM]


def test_replicas_complete_themselves(service):
    service.add(running_job())
    platform = Platform(connect=service.connect)
    context = WithCommand("ssh").make_context("ssh", [], obj=platform)
    context.params["job_id"] = JOB
    found = complete_replica(context, context.command, "worker-")
    assert [each.value for each in found] == ["worker-0", "worker-1"]
