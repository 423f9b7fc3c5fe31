import json
import os

import httpx
import pytest
import yaml
from click.testing import CliRunner
from unit.mofang.fake_service import GIVEN, TOKEN, a_job

from mofang.archives import archive_of
from mofang.cli import app
from mofang.cli.app import Platform
from mofang.settings import ClientSettings, config_file
from mofang_api.models import JobState


@pytest.fixture
def inside(service, monkeypatch, tmp_path):
    """A notebook whose home is the current directory."""
    service.settings.update(environment="pytorch", shared_directories=(str(tmp_path),))
    monkeypatch.chdir(tmp_path)
    return tmp_path


ALL = (
    *("--framework", "tensorflow", "--engine", "kubeflow-v1", "--name", "Digits"),
    *("--set", "lr=0.1", "--set", "epochs=3", "--set", 'tag="007"', "--set", "b=true"),
    *("--flag", "no-cuda"),
    *("--input", "data_url=/projects/vision/digits,env"),
    *("--output", "train_url=/projects/vision/run,staged,preload"),
    *("--env", "A=b=c", "--secret", "WANDB_API_KEY=wandb:key"),
    *("--replicas", "2", "--role", "ps=1", "--role", "chief=1,cpu=1,memory=2Gi"),
    *("--cpu", "500m", "--memory", "3Gi", "--gpu", "1", "--processes", "2"),
    *("--restart", "3", "--hang-policy", "restart", "--hold-on-failure", "30m"),
    *("--priority", "high", "--run-as-user", "1001"),
    *("--requirements", "requirements.txt", "--workdir", "/projects/vision"),
)


def test_every_option_of_a_job_is_on_the_command_line(mofang, service):
    result = mofang("submit", "train.py", *ALL, "--", "--quiet")
    assert result.exit_code == 0, result.output
    spec = service.jobs["digits-000001"].spec
    assert spec.hyperparameters == {"lr": 0.1, "epochs": 3, "tag": "007", "b": True}
    assert spec.flags == ["no-cuda"]
    assert {role.name: role.replicas for role in spec.resolved_roles()} == {
        "chief": 1,
        "worker": 2,
        "ps": 1,
    }
    assert spec.roles["chief"].resources.memory == "2Gi"
    assert spec.inputs[0].pass_as == "environment"
    assert (spec.outputs[0].staged, spec.outputs[0].preload) == (True, True)
    assert spec.outputs[0].path == "/projects/vision/run"
    assert spec.secrets["WANDB_API_KEY"].key == "key"
    assert spec.env == {"A": "b=c"}
    assert (spec.restart.limit, spec.restart.include_script_failures) == (3, False)
    assert (spec.hang_policy, spec.hold_on_failure_minutes) == ("restart", 30)
    assert (spec.priority, spec.run_as_user) == ("high", 1001)
    assert (spec.engine, spec.framework) == ("kubeflow-v1", "tensorflow")
    assert (spec.processes_per_replica, spec.requirements) == (2, "requirements.txt")
    assert spec.arguments == ["--quiet"]


def test_a_command_runs_in_place_of_a_script(mofang, service):
    command = ("--command", "python -m trainer", "--framework", "single")
    assert mofang("submit", *command, "--", "--epochs", "3").exit_code == 0
    spec = service.jobs["digits-000001"].spec
    assert spec.command == ["python", "-m", "trainer"]
    assert spec.arguments == ["--epochs", "3"]


def test_a_notebook_is_submitted_as_it_is(mofang, service):
    assert mofang("submit", "train.ipynb", "--set", "epochs=5").exit_code == 0
    spec = service.jobs["digits-000001"].spec
    assert (spec.script, spec.framework) == ("train.ipynb", "single")
    assert spec.hyperparameters == {"epochs": 5}


def test_a_snapshot_is_taken_of_where_one_is(mofang, service, inside):
    (inside / "code").mkdir()
    (inside / "code" / "train.py").touch()
    assert mofang("submit", "code/train.py", "--snapshot").exit_code == 0
    assert mofang("submit", "code/train.py", "--snapshot-of", "code").exit_code == 0
    whole, part = (job.spec.code for job in service.jobs.values())
    assert whole.directory == str(inside)
    assert part.directory == str(inside / "code")
    assert archive_of(part.snapshot, inside).is_file()


def test_what_a_job_would_be_is_shown_and_not_submitted(mofang, service):
    result = mofang("submit", "train.py", "--dry-run")
    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout) == {"kind": "PyTorchJob"}
    cpu, memory = result.stderr.splitlines()[1:3]
    assert cpu.split() == ["cpu", "2", "1", "8", "yes"]
    assert memory.split() == ["memory", "2", "GiB", "0", "bytes"]
    assert "Workers run on CPU machines." in result.stderr
    assert "Usable in /cache: worker 4.5 GiB." in result.stderr
    assert service.jobs == {}


def test_a_job_that_would_be_refused_is_told_before(mofang, service):
    fields = {"image": "Choose another image."}
    service.preview = service.preview.model_copy(update={"fields": fields})
    result = mofang("submit", "train.py", "--dry-run")
    assert result.exit_code == 2
    assert "image: Choose another image." in result.stderr


def test_a_file_says_it_all_and_options_go_before(mofang, service, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(
        "script: train.py\nframework: tensorflow\nroles: {ps: 2}\n"
        "hyperparameters: {lr: 0.1, epochs: 3}\nrestart: 3\n"
        "hold_on_failure_minutes: 2h\noutputs: {run: /projects/vision/run}\n"
    )
    result = mofang("submit", "--spec", str(path), "--set", "lr=0.5", "--gpu", "1")
    assert result.exit_code == 0, result.output
    spec = service.jobs["digits-000001"].spec
    assert spec.hyperparameters == {"lr": 0.5, "epochs": 3}
    assert spec.roles["ps"].replicas == 2
    assert (spec.restart.limit, spec.hold_on_failure_minutes) == (3, 120)
    assert (spec.resources.gpu, spec.script) == (1, "train.py")


def test_what_get_prints_can_be_submitted_again(mofang, service, tmp_path):
    mofang("submit", "train.py", *ALL)
    path = tmp_path / "job.yaml"
    path.write_text(mofang("get", "digits-000001", "-o", "yaml").stdout)
    assert mofang("submit", "--spec", str(path)).exit_code == 0
    first, second = service.jobs.values()
    assert first.spec == second.spec


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("script: [", "is not YAML"),
        ("- train.py", "holds no fields"),
        ("scrpt: train.py", "scrpt"),
        ("script: train.py\nrestart: often", "3,script-failures"),
        ("!!python/object:os.system {}", "is not YAML"),
        ("script: " + "x" * (1 << 20), "too large"),
    ],
)
def test_a_file_that_is_no_job_is_refused(mofang, service, tmp_path, content, says):
    path = tmp_path / "job.yaml"
    path.write_text(content)
    result = mofang("submit", "--spec", str(path))
    assert result.exit_code == 2
    assert says in result.stderr
    assert service.jobs == {}


def test_a_parameter_without_a_value_is_told_of_flags(mofang, service):
    result = mofang("submit", "train.py", "--set", "no-cuda")
    assert result.exit_code == 2
    assert "--flag no-cuda" in result.stderr
    assert service.jobs == {}


def test_an_absent_file_is_said(mofang):
    result = mofang("submit", "--spec", "absent.yaml")
    assert result.exit_code == 2
    assert "absent.yaml cannot be read" in result.stderr


def test_a_job_is_run_again_with_changes(mofang, service):
    mofang("submit", "train.py", *ALL, "--", "--quiet")
    result = mofang(
        *("rerun", "digits-000001", "--set", "lr=0.2", "--unset", "epochs"),
        *("--unset", "no-cuda", "--flag", "amp"),
        *("--memory", "1Gi", "--restart", "off", "--", "--loud"),
    )
    assert result.stdout == "digits-000002\n"
    spec = service.jobs["digits-000002"].spec
    assert spec.rerun_of == "digits-000001"
    assert spec.hyperparameters == {"lr": 0.2, "tag": "007", "b": True}
    assert spec.flags == ["amp"]
    assert spec.resources.model_dump() == {"cpu": "500m", "memory": "1Gi", "gpu": 1}
    assert spec.restart is None
    assert spec.arguments == ["--loud"]
    assert spec.replicas == 2
    assert mofang("rerun", "digits-000001", "--script", "b.py").exit_code == 0
    assert service.jobs["digits-000003"].spec.script == "b.py"
    assert mofang("rerun", "digits-000009").exit_code == 2


def test_a_followed_job_shows_the_log_that_tells_the_most(mofang, service, clock):
    service.logs["launcher-0"] = b"all-reduce\n"
    clock.when_paused = lambda: service.become("digits-000001", JobState.SUCCEEDED)
    result = mofang("submit", "train.py", "--framework", "horovod", "--follow")
    assert (result.exit_code, result.stdout) == (0, "digits-000001\nall-reduce\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "lr"], "NAME=VALUE"),
        (["--role", "ps"], "NAME=N"),
        (["--role", "ps=many,many"], "roles: Write a number"),
        (["--role", "boss=1"], "have no role 'boss'"),
        (["--secret", "KEY=hf_secret"], "never the value itself"),
        (["--restart", "often"], "restart: Write how often"),
        (["--hold-on-failure", "long"], "30m, 2h or 1d"),
        (["--framework", "mxnet"], "'mxnet' is not one of"),
        (["--snapshot"], "code: A snapshot is taken of files on the platform"),
        (["--output", "run=relative"], "outputs.0.path"),
    ],
)
def test_what_is_said_wrongly_is_told_with_the_right_form(
    mofang, service, arguments, says
):
    result = mofang("submit", "train.py", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "hf_secret" not in result.output
    assert service.jobs == {}


def test_help_shows_options_by_what_they_are_for(mofang):
    text = mofang("submit", "--help").output
    titles = [
        *("Program:", "Parameters and data:", "Size:"),
        *(
            "When something goes wrong:",
            "Where it runs:",
            "What to do with it:",
            "Other options:",
        ),
    ]
    places = [text.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)
    assert "[SCRIPT]" not in text.partition("\n")[2]
    assert text.index("--set") < text.index("Size:") < text.index("--role")


def test_an_environment_is_named_in_place_of_an_image(mofang, service):
    result = mofang("submit", "train.py", "--environment", "ray", "--env", "SEED=7")
    assert result.exit_code == 0, result.output
    [job] = service.jobs.values()
    assert (job.spec.image, job.spec.environment) == ("", "ray")
    assert job.spec.env == {"SEED": "7"}
    result = mofang("submit", "train.py", "--environment", "SEED=7")
    assert result.exit_code == 2
    assert "not the name of an environment, such as pytorch" in result.stderr


@pytest.fixture
def complete(service):
    """Ask for completions as a shell does."""
    platform = Platform(connect=service.connect)

    def ask(line: str) -> list[str]:
        arguments = line.split(" ")
        environment = {
            "_MOFANG_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(arguments) - 1),
        }
        result = CliRunner().invoke(
            app, obj=platform, env=environment, prog_name="mofang"
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return [item.partition(",")[2] for item in result.output.split()]

    return ask


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mofang co", ["compare", "completion"]),
        ("mofang submit --framew", ["--framework"]),
        ("mofang submit --framework ten", ["tensorflow"]),
        ("mofang submit --framework tensorflow --role p", ["ps=0"]),
        ("mofang submit --role ", ["worker=1"]),
        ("mofang submit --environment ", ["base", "pytorch", "ray"]),
        ("mofang rerun digits-000001 --environment p", ["pytorch"]),
        ("mofang submit --framework ray --environment ", ["ray"]),
        ("mofang jobs --state Su", ["submitted", "succeeded"]),
        ("mofang get digits-00000", ["digits-000002", "digits-000001"]),
        ("mofang compare digits-000001 ", ["digits-000002", "digits-000001"]),
        ("mofang logs digits-000001 --replica w", ["worker-0", "worker-1"]),
        ("mofang jobs --output j", ["json"]),
    ],
)
def test_a_shell_completes(complete, service, line, offered):
    service.add(a_job(1))
    service.add(a_job(2))
    assert complete(line) == offered


def test_a_shell_completes_nothing_and_says_nothing_while_mofang_is_away(
    complete, service
):
    service.answers = [httpx.ConnectError("refused")] * 3
    assert complete("mofang get ") == []
    assert complete("mofang submit --environment ") == []
    assert complete("mofang logs digits-000001 --replica ") == []


def test_login_keeps_what_works_in_a_private_file(mofang, service):
    path = config_file(os.environ)
    result = mofang("login", "--user", "ada", input=f"{TOKEN}\n")
    assert result.exit_code == 0, result.output
    assert TOKEN not in result.output
    assert path.stat().st_mode & 0o777 == 0o600
    settings = ClientSettings.find()
    assert (settings.url, settings.token) == (GIVEN["url"], TOKEN)
    assert (settings.project, settings.me()) == ("vision", "ada")


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        pytest.param([], f"{TOKEN}\r\n", id="by a pipe"),
        pytest.param(["--token-stdin"], TOKEN, id="by a pipe that is told of"),
        pytest.param(["--token", TOKEN], "", id="as an argument"),
    ],
)
def test_programs_log_in_without_a_prompt(mofang, service, arguments, given):
    result = mofang("login", *arguments, input=given)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Token" not in result.output
    assert ClientSettings.find().token == TOKEN


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no token on the standard input"),
        (["--token-stdin"], "no token on the standard input"),
        (["--token-stdin", "--token", TOKEN], "either --token or"),
    ],
)
def test_a_log_in_without_one_token_is_refused(mofang, arguments, says):
    result = mofang("login", *arguments, input="\n")
    assert result.exit_code == 2
    assert says in result.stderr
    assert not config_file(os.environ).exists()


def test_a_token_that_does_not_work_is_not_kept(mofang):
    result = mofang("login", input="wrong\n")
    assert result.exit_code == 2
    assert "The token is not valid." in result.stderr
    assert not config_file(os.environ).exists()


def test_json_of_a_preview_file_is_yaml_too(mofang, service, tmp_path):
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"script": "train.py", "replicas": 2}))
    assert mofang("submit", "--spec", str(path)).exit_code == 0
    assert service.jobs["digits-000001"].spec.replicas == 2
