"""Finding the runtimes that this machine can serve."""

from __future__ import annotations

from pathlib import Path

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import library, names
from lambent.runtimes.asked import Asked
from lambent.runtimes.interpreters import LANGUAGES, order
from lambent.runtimes.places import Places, candidates


def discover(places: Places, cache: Path | None = None, *, extras: Path | None = None) -> dict[str, Runtime]:
    """Every runtime that this machine can serve, by its AWS name; blocking, a few milliseconds.

    `cache` is a file for what had to be asked; without it, it is asked again each time. `extras` is where
    `prepare` has put what it installs: a runtime that cannot do without it is only there once it is there.
    """
    found = {name: Runtime(name, RuntimeKind.EXEC) for name in names.PROVIDED}
    for name, runtime in interpreters(places, cache).items():
        if library.is_ready(runtime, library.extras_root() if extras is None else extras):
            found[name] = runtime
    return dict(sorted(found.items(), key=lambda item: (names.language(item[0]), names.version(item[0]), item[0])))


def interpreters(places: Places, cache: Path | None = None) -> dict[str, Runtime]:
    """The interpreters of this machine, by the AWS name of the runtime that each could serve.

    Of several interpreters of one version the first place's wins, and within a place the newest.
    """
    found: dict[str, Runtime] = {}
    asked = Asked(cache)
    for language in LANGUAGES:
        for place in candidates(places, language.programs, language.managers):
            best: dict[str, Runtime] = {}
            for candidate in place:
                runtime = language.recognise(candidate, asked)
                if runtime is None or runtime.name in found:
                    continue
                rival = best.get(runtime.name)
                if rival is None or order(runtime.version) > order(rival.version):
                    best[runtime.name] = runtime
            found.update(best)
    asked.save()
    return found
