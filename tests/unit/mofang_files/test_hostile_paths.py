"""Generated paths and names of snapshots: nothing of anybody else is shown or moved."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from unit.mofang_files.conftest import HOURLY

from mofang_files.errors import FilesError
from mofang_files.restoring import restore_in_place
from mofang_files.roots import Root, Roots
from mofang_files.versions import version_path

PARTS = st.sampled_from(
    ["..", ".", ".snap", "", "link", "home", "projects", "speech", "file", "gone", "\0"]
) | st.text(max_size=5)
SNAPSHOTS = st.sampled_from([HOURLY, "..", ".", "", f"{HOURLY}/..", "by-hand"])


@given(st.lists(PARTS, min_size=1, max_size=5), SNAPSHOTS)
def test_hostile_paths_restore_nothing_of_anybody_else(
    tmp_path_factory, parts, snapshot
):
    storage = tmp_path_factory.mktemp("storage").resolve()
    home, speech = storage / "home", storage / "projects" / "speech"
    for directory in (home, speech):
        kept = directory / ".snap" / HOURLY
        kept.mkdir(parents=True)
        (kept / "file").write_text(directory.name)
    (kept / "secret").write_text("speech")
    (home / "link").symlink_to(speech)
    (home / ".snap" / HOURLY / "link").symlink_to(speech)
    roots = Roots((Root("home", home),), storage)
    before = {each for each in storage.rglob("*") if not each.is_relative_to(home)}

    # A name may also be too long, or no name at all, for the file system.
    with suppress(FilesError, UnicodeEncodeError):
        root, path = roots.find("/".join(parts))
        assert path.is_relative_to(home)
        restore_in_place(version_path(path, snapshot), path, root)

    after = {each for each in storage.rglob("*") if not each.is_relative_to(home)}
    assert after == before
    for each in home.rglob("*"):
        is_own = not each.is_file() or each.is_symlink() or each.name == "path"
        assert is_own or each.read_text() == "home"
