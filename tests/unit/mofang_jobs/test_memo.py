"""What is made of objects is made once for each version of them."""

from mofang_jobs.adapters.memo import ListMemo


def test_a_list_is_read_again_when_one_object_of_it_is_another():
    reads = []
    memo = ListMemo(lambda found: reads.append(list(found)) or len(reads))
    first, second = {"name": "a"}, {"name": "b"}
    assert memo([first, second]) == memo([first, second]) == 1
    assert memo([first, dict(second)]) == 2, "equal, but another version"
    assert memo([first]) == 3
    assert memo([]) == memo([]) == 4
