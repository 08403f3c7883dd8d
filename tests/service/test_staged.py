import pytest

from custrata.service.staged import Staged


def test_files_appear_together_at_the_end(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.jsonl"
    one.write_text("old")
    with Staged() as staged:
        staged.path(one).write_text("new")
        staged.path(two).write_text("new too")
        assert one.read_text() == "old"
        assert not two.exists()
    assert (one.read_text(), two.read_text()) == ("new", "new too")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "two.jsonl"]


def _break_off(one, two, error):
    with Staged() as staged:
        staged.path(one).write_text("half")
        staged.path(two)
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_everything_as_it_was(tmp_path, error):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("old")
    with pytest.raises(error):
        _break_off(one, two, error)
    assert one.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]


def test_the_ending_is_kept_for_the_writer(tmp_path):
    with Staged() as staged:
        draft = staged.path(tmp_path / "labels.tar.parquet")
        assert (draft.suffix, draft.parent) == (".parquet", tmp_path)
        draft.touch()


def test_a_link_stays_a_link(tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    with Staged() as staged:
        staged.path(link).write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_the_mode_of_the_old_file_is_kept(tmp_path):
    one = tmp_path / "one.csv"
    one.write_text("old")
    one.chmod(0o600)
    with Staged() as staged:
        staged.path(one).write_text("new")
    assert one.stat().st_mode & 0o777 == 0o600
