"""``mofang ssh-config``: our file, and one line in the user's own."""

import stat
import subprocess
from pathlib import Path

import httpx
import pytest
from unit.mofang.fake_service import TOKEN, a_job
from unit.mofang.ssh.bridge import running_job

from mofang_api.models import JobState

FOREIGN = b"# mine\r\nHost *\n  ProxyJump bastion\n\nHost caf\xe9\tx\n\tPort 22"


@pytest.fixture
def home(tmp_path):
    return tmp_path


@pytest.fixture
def ours(home):
    return home / "config" / "mofang" / "ssh" / "config"


@pytest.fixture
def user_file(home):
    return home / ".ssh" / "config"


@pytest.fixture
def started(service):
    return service.add(running_job())


def effective(path: Path, host: str) -> dict[str, str]:
    """Return what real ssh makes of a file."""
    arguments = ["ssh", "-G", "-F", str(path), host]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_blocks_are_printed_and_nothing_is_changed(mofang, started, ours, user_file):
    result = mofang("ssh-config", started.id)
    assert result.exit_code == 0
    hosts = [x[5:] for x in result.stdout.splitlines() if x.startswith("Host ")]
    assert hosts == ["mofang-digits-000001-worker-0", "mofang-digits-000001-worker-1"]
    assert not ours.exists()
    assert not user_file.exists()
    assert TOKEN not in result.stdout


def test_real_ssh_understands_what_is_written(mofang, started, ours, user_file):
    result = mofang("ssh-config", started.id, "--write", "--user", "ada")
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [
        "mofang-digits-000001-worker-0",
        "mofang-digits-000001-worker-1",
    ]
    assert "mofang login" in result.stderr
    assert (mode_of(user_file), mode_of(user_file.parent)) == (0o600, 0o700)
    assert user_file.read_text() == f"Include {ours}\n"
    told = effective(user_file, "mofang-digits-000001-worker-1")
    assert told["user"] == "ada"
    assert told["hostkeyalias"] == "mofang-digits-000001-1-worker-1"
    assert told["stricthostkeychecking"] == "accept-new"
    assert told["identityfile"] == str(ours.with_name("id_ed25519"))
    assert told["userknownhostsfile"] == str(ours.with_name("known_hosts"))
    assert told["identitiesonly"] == "yes"
    arguments = told["proxycommand"]
    assert arguments.endswith("--attempt 1 digits-000001 worker-1")
    assert " ssh-proxy " in arguments
    assert "--project vision" in arguments
    assert effective(user_file, "elsewhere")["user"] != "ada"


def test_paths_with_spaces_and_percents_pass(
    mofang, started, home, user_file, monkeypatch
):
    odd = home / "my 100% own"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(odd))
    script = home / "b i%n" / "mofang"
    script.parent.mkdir()
    script.touch()
    monkeypatch.setattr("sys.argv", [str(script), "ssh-config"])
    assert mofang("ssh-config", started.id, "--write").exit_code == 0
    told = effective(user_file, "mofang-digits-000001-worker-0")
    key = odd / "mofang" / "ssh" / "id_ed25519"
    # ssh undoubles what it prints here only when it uses it.
    assert told["identityfile"].replace("%%", "%") == str(key)
    known = told["userknownhostsfile"].replace("%%", "%")
    assert known == str(key.with_name("known_hosts"))
    assert f"'{script}'".replace("%", "%%") in told["proxycommand"]
    assert f"--key '{key}'".replace("%", "%%") in told["proxycommand"]


def test_writing_again_changes_nothing(mofang, started, ours, user_file):
    user_file.parent.mkdir()
    user_file.write_bytes(FOREIGN)
    user_file.chmod(0o644)
    mofang("ssh-config", started.id, "--write")
    first = ours.read_bytes(), user_file.read_bytes()
    assert first[1].split(b"\n", 1)[1] == FOREIGN
    assert mode_of(user_file) == 0o644
    mofang("ssh-config", started.id, "--write")
    assert (ours.read_bytes(), user_file.read_bytes()) == first


def test_a_link_to_the_user_s_file_stays_one(mofang, started, home, user_file):
    kept = home / "dotfiles" / "ssh_config"
    kept.parent.mkdir()
    kept.write_bytes(FOREIGN)
    user_file.parent.mkdir()
    user_file.symlink_to("../dotfiles/ssh_config")
    assert mofang("ssh-config", started.id, "--write").exit_code == 0
    assert user_file.is_symlink()
    assert kept.read_bytes().endswith(b"\n" + FOREIGN)
    mofang("ssh-config", "--remove")
    assert user_file.is_symlink()
    assert kept.read_bytes() == FOREIGN


def test_a_job_s_block_is_replaced_and_others_stay(mofang, service, started, ours):
    mofang("ssh-config", started.id, "--write")
    other = service.add(running_job(number=2))
    mofang("ssh-config", other.id, "--write")
    service.add(running_job(attempt=2, replicas=started.replicas[:1]))
    result = mofang("ssh-config", started.id, "--write")
    assert result.stdout.split() == ["mofang-digits-000001-worker-0"]
    hosts = [x[5:] for x in ours.read_text().splitlines() if x.startswith("Host ")]
    assert hosts == [
        "mofang-digits-000002-worker-0",
        "mofang-digits-000002-worker-1",
        "mofang-digits-000001-worker-0",
    ]
    assert "mofang-digits-000001-2-worker-0" in ours.read_text()


@pytest.mark.parametrize("how", ["over", "deleted", "not known", "elsewhere"])
def test_blocks_of_jobs_that_are_over_go(mofang, service, started, ours, how):
    mofang("ssh-config", started.id, "--write")
    known = ours.with_name("known_hosts")
    names = ["mofang-digits-000001-1-worker-0", "mofang-digits-000001b-1-worker-0"]
    known.write_text("".join(f"{name} ssh-ed25519 AAAA\n" for name in names))
    match how:
        case "over":
            service.add(a_job(state=JobState.SUCCEEDED, replicas=[]))
        case "deleted":
            del service.jobs[started.id]
        case "elsewhere":
            text = ours.read_text().replace(" of vision at ", " of speech at ")
            ours.write_text(text)
            del service.jobs[started.id]
    other = service.add(running_job(number=2))
    if how == "not known":
        # The service fails when it is asked about the first.
        real = service.answer

        def answer(request, path):
            if path[:1] == [started.id]:
                raise httpx.ConnectError("away")
            return real(request, path)

        service.answer = answer
    assert mofang("ssh-config", other.id, "--write").exit_code == 0
    is_gone = how in {"over", "deleted"}
    assert ("digits-000001" in ours.read_text()) is not is_gone
    assert ("-000001-1-" in known.read_text()) is not is_gone
    assert "-000001b-1-" in known.read_text()


def test_removing_leaves_everything_as_it_was(
    mofang, service, started, ours, user_file
):
    user_file.parent.mkdir()
    user_file.write_bytes(FOREIGN)
    mofang("ssh-config", started.id, "--write")
    other = service.add(running_job(number=2))
    mofang("ssh-config", other.id, "--write")
    asked = len(service.requests)
    result = mofang("ssh-config", started.id, "--remove")
    assert "digits-000001" in result.stderr
    assert "digits-000001" not in ours.read_text()
    assert user_file.read_bytes() != FOREIGN
    mofang("ssh-config", other.id, "--remove")
    assert user_file.read_bytes() == FOREIGN
    assert not ours.exists()
    assert "There were none." in mofang("ssh-config", "--remove").stderr
    assert len(service.requests) == asked


def test_removing_takes_away_a_file_that_we_made(mofang, started, ours, user_file):
    mofang("ssh-config", started.id, "--write")
    mofang("ssh-config", "--remove")
    assert not user_file.exists()
    assert ours.with_name("id_ed25519").exists()


def test_a_file_that_cannot_be_written_is_told_with_the_line(
    mofang, started, user_file, ours
):
    user_file.mkdir(parents=True)
    result = mofang("ssh-config", started.id, "--write")
    assert result.exit_code == 2
    assert f"Put this line at its top yourself: Include {ours}" in result.stderr


def test_an_own_key_is_named_by_its_whole_path(mofang, started, home, monkeypatch):
    monkeypatch.chdir(home)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "mine"], check=True
    )
    result = mofang("ssh-config", started.id, "--key", "mine")
    assert f'IdentityFile "{home}/mine"' in result.stdout
    assert f"--key {home}/mine" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument 'JOB'"),
        (["digits-000001", "--write", "--remove"], "not both"),
        (["../x", "--remove"], "is not the id of a job"),
        (["../x"], "is not the id of a job"),
        (["digits-000009"], "There is no job"),
        (["digits-000001", "--user", "a b"], "not a user name"),
        (["digits-000001", "--key", "absent"], "There is no key"),
        (["digits-000002"], "mofang rerun"),
        (["digits-000003"], "does not recognise"),
    ],
)
def test_what_cannot_be_is_one_sentence(mofang, service, started, arguments, says):
    service.add(a_job(2, JobState.FAILED, replicas=[]))
    service.jobs["digits-000003"] = running_job(id="digits\nProxyCommand x")
    result = mofang("ssh-config", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("url", ["http://h/a\nProxyCommand x", "http://h/a\tb"])
def test_an_address_does_not_get_into_other_lines(mofang, service, started, url):
    result = mofang("--url", url, "ssh-config", started.id)
    assert result.exit_code != 0
    assert "Host " not in result.stdout
