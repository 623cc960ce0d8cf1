"""Docker, and Java with Maven or Gradle: what can be said of them, and what they need."""

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Look, Rank

_SOCKET = "/var/run/docker.sock"
_SIZE = "image=$(docker build --quiet .) && docker image inspect --format '{{.Size}}' \"$image\""


def docker(files: Files) -> Look | None:
    """Give how the size of an image is measured; None when there is no Dockerfile at the top."""
    path = files.first("Dockerfile", "Containerfile")
    if not path:
        return None
    named = "" if path == "Dockerfile" else f" --file {path}"
    return Look(
        kind="docker",
        measures=(
            Command(
                _SIZE.replace("--quiet", f"--quiet{named}"),
                path,
                Rank.USUAL,
                direction="lower",
                metric="image_bytes",
                unit="bytes",
                metrics="number",
                timeout="30m",
                builds=True,
                write=(_SOCKET,),
                note="nothing else measures here, so the size of the image is taken",
            ),
        ),
        edit=tuple(name for name in (path, ".dockerignore") if files.has(name)),
        edit_source="they say what is in the image",
        why=(
            f"write: {_SOCKET}, because docker build asks its daemon: who reaches that socket can do whatever the daemon can",
            "write: what a Dockerfile runs is run by that daemon, outside of autoexp's sandbox and with the daemon's network",
        ),
        missing=(
            "checks: what the image must still do is not known; name a command with --checks, such as `docker run --rm $(docker build --quiet .) COMMAND`",
        ),
    )


def java(files: Files) -> Look | None:
    """Give the sources of a Maven or Gradle project, and what is missing; None when it is neither."""
    path = files.first("pom.xml", "build.gradle", "build.gradle.kts")
    if not path:
        return None
    maven = path == "pom.xml"
    tool = (
        "mvn --offline --quiet -Dmaven.repo.local=FOLDER"
        if maven
        else 'gradle --offline --project-cache-dir "$TMPDIR/gradle"'
    )
    folder = "~/.m2/repository" if maven else "~/.gradle"
    return Look(
        kind="java",
        edit=tuple(f"{name}/**" for name in ("src/main",) if files.holds(name)),
        edit_source=f"{path} is there",
        tests=r"(?:.*/)?src/(?:test|jmh)/.*",
        writable=("target/**",) if maven else ("build/**", ".gradle/**"),
        why=(f"writable: {'target/**' if maven else 'build/** and .gradle/**'}, because of {path}",),
        missing=(
            f"measure: {path} names no benchmark that is known here; name a command that prints one number with --measure",
            f"checks: name a command with --checks, such as `{tool} test`",
            f"dependencies: the sandbox has neither network nor your home: name {folder} in sandbox.harness.read",
        ),
    )
