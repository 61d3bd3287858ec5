"""Packages that pass for those of trackers, written as files: trackers run in processes of their own."""

#: A comet_ml that notes its calls in a file, and does what a test wants at one of them.
COMET = """
import json, os, signal, sys, time

def note(call, *values):
    with open({notes!r}, "a") as stream:
        stream.write(json.dumps([call, *values]) + "\\n")
    if call == {where!r}:
        {what}

note("import")

class OfflineExperiment:
    alive = True
    def __init__(self, project_name, offline_directory, **switched_off):
        assert not any(switched_off.values())
        note("start", project_name, offline_directory)
    def set_name(self, name):
        note("name", name)
    def log_parameters(self, settings):
        note("settings", settings)
    def log_metrics(self, values, step):
        note("numbers", step, values)
    def log_image(self, path, name):
        note("picture", name, path)
    def log_asset(self, path, file_name):
        note("file", file_name, path)
    def end(self):
        note("end")

class Experiment(OfflineExperiment):
    alive = False
    def __init__(self, **settings):
        super().__init__(offline_directory=None, **settings)
"""


def fake_comet(folder, notes, where=None, what="pass"):
    """Write a package comet_ml into ``folder``."""
    (folder / "comet_ml.py").write_text(COMET.format(notes=str(notes), where=where, what=what))
