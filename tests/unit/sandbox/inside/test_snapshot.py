"""A Python process that is captured with its files, and continued with the variables of another place."""

from __future__ import annotations

from tests.unit.sandbox.inside.programs import run
from tests.unit.sandbox.inside.test_machine_code import served


@served
def test_it_goes_on_with_other_variables_and_the_files_that_it_had() -> None:
    done = run(
        """
        import os, random, sys, tempfile
        from _lambent_inside import image, snapshot
        file = os.memfd_create("image")
        os.ftruncate(file, image.SIZE)
        os.dup2(file, snapshot.IMAGE)
        os.environ.update(OURS="old", GONE="1", THEIRS="set by the function")
        folder = tempfile.mkdtemp()
        os.listdir = lambda path=".", listdir=os.listdir: [] if path == "/tmp" else listdir(path)
        with open(folder + "/notes", "w") as notes:
            notes.write("kept")

        def original():
            os.chdir(folder)
            os.umask(0o027)
            notes = os.fdopen(os.dup2(os.open("notes", os.O_RDONLY), 17))
            notes.seek(2)
            camera = snapshot.Camera({"OURS": "old", "GONE": "1"})
            if not camera():
                os._exit(0)
            variables = {name: os.environ.get(name) for name in ("OURS", "GONE", "THEIRS", "NEW")}
            print(variables, os.getcwd() == folder, notes.read(), oct(os.umask(0)), random.random(), flush=True)
            os._exit(0)

        for work in (original, lambda: snapshot.resume({"OURS": "new", "NEW": "2"}), lambda: snapshot.resume({})):
            if (pid := os.fork()) == 0:
                work()
            assert os.waitpid(pid, 0)[1] == 0
        """
    )
    first, second = done.stdout.splitlines()
    said = "{'OURS': 'new', 'GONE': None, 'THEIRS': 'set by the function', 'NEW': '2'} True pt 0o27"
    assert first.rpartition(" ")[0] == said, done.stderr
    assert second.startswith("{'OURS': None, 'GONE': None, 'THEIRS': 'set by the function', 'NEW': None} True pt")
    assert first.rpartition(" ")[2] != second.rpartition(" ")[2], "the same random number twice"
