"""What the command for a bare machine takes from the documentation."""

from pathlib import PurePosixPath

import pytest
from bare import readme

from support.platform import REPOSITORY

TEXT = """
In a clone:

<!-- bare:begin -->
```sh
apt-get install -y make
make up
```

<!-- bare:caches -->
Builds are kept in `~/.cache/mofang` and
`~/go/pkg/mod`; nothing else.
<!-- bare:end -->

```sh
make down   # `~/elsewhere`
```
"""


def test_exactly_the_commands_between_the_markers_are_run():
    assert readme.commands(TEXT) == "apt-get install -y make\nmake up\n"


def test_only_caches_that_are_named_are_lent():
    assert readme.caches(TEXT) == [
        PurePosixPath(".cache/mofang"),
        PurePosixPath("go/pkg/mod"),
    ]


@pytest.mark.parametrize("take", [readme.commands, readme.caches])
def test_a_text_without_markers_is_refused(take):
    with pytest.raises(readme.ReadmeError, match="bare:"):
        take(TEXT.replace("<!-- bare:", "<!-- "))


def test_the_documentation_ends_with_everything_tested():
    page = REPOSITORY / "docs/contributors/bare-machine.md"
    text = readme.read(REPOSITORY / "README.md", page)

    assert readme.commands(text).splitlines()[-3:] == [
        "make up",
        "make wait",
        "make test",
    ]
    assert PurePosixPath(".cache/mofang") in readme.caches(text)
