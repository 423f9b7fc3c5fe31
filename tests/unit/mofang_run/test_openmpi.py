import pytest

from mofang_run.frameworks.openmpi import mpirun_options, parse_version


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("mpirun (Open MPI) 5.0.7\n\nReport bugs to https://www.open-mpi.org", 5),
        ("mpirun (Open MPI) 4.1.4\n", 4),
        ("mpiexec (OpenRTE) 3.1.3\n", 3),
        ("HYDRA build details:\n    Version: 4.2.0\n", 0),
        ("", 0),
    ],
)
def test_the_version_is_read_from_what_mpirun_says(said, version):
    assert parse_version(said) == version


@pytest.mark.parametrize(
    ("version", "agent"),
    [
        (4, "--mca plm_rsh_agent /key/ssh"),
        (5, "--prtemca plm_ssh_agent /key/ssh"),
    ],
)
def test_each_version_is_told_by_its_own_names_how_to_reach_the_workers(version, agent):
    options = " ".join(mpirun_options("/key/ssh", "eth0", version))

    assert agent in options
    assert ("prtemca" in options) == (version >= 5)
    assert "btl_tcp_if_include eth0" in options
