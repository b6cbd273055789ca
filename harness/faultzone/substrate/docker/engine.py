"""What the Docker engine is asked for. No other module speaks to the Docker SDK, but for the connection."""

from __future__ import annotations

import io
import json
import re
import socket
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker.connection import TIMEOUT, Away, Connection, short

#: Every container, network, volume and image of ours has it; its value is the session for what a session owns.
LABEL: Final = "faultzone"
#: The names of what sessions make. A volume alone may lack the label: where a container names one that is not there, an
#: engine makes it.
_OF_A_SESSION: Final = re.compile(r"faultzone-([0-9a-f]{12})(-.*)?")

#: What of /proc is the engine's machine's, and cannot be written from a host: what engines choose, and more. It is what
#: protects that machine from plain process trees, which have no /proc of their own.
_READ_ONLY: Final = [
    f"/proc/{name}" for name in "bus driver fs irq mtrr pressure sys sysrq-trigger sysvipc tty".split()
]


class Miscounted(HarnessError):
    """A network that has no container, and that the engine does not remove because it counts one: it has counted wrong,
    which some versions do under load, or the container is just going. Only a start of the engine counts anew."""


@dataclass(frozen=True)
class Made:
    """A container, network, volume or image of ours.

    Args:
        kind: `container`, `network`, `volume` or `image`.
        id: the engine's name for it.
        name: ours.
        labels: what it says of itself.
        state: of a container: running, paused, exited …
    """

    kind: str
    id: str
    name: str
    labels: Mapping[str, str]
    state: str = ""


@dataclass(frozen=True)
class Image(Made):
    """A tag of an image of ours.

    Args:
        held: whether a container was made from it.
        used: when it was last said to be used, or made, in seconds since the epoch.
    """

    held: bool = False
    used: float = 0.0


@dataclass(frozen=True)
class Container:
    """A container that is to be a host.

    Args:
        name: its name, which is its host name too.
        image: the image's tag.
        network: the network's name.
        address: its fixed address there.
        volume: the volume of system disks.
        labels: what it says of itself.
        plain: whether it does without the capability to make namespaces.
    """

    name: str
    image: str
    network: str
    address: str
    volume: str
    labels: Mapping[str, str]
    plain: bool = False


class Engine:
    """A Docker engine.

    Args:
        timeout: how many seconds an answer may take.

    Raises:
        NotSupported: none answers, or the SDK is not installed; the text says what to do.
    """

    def __init__(self, timeout: int = TIMEOUT) -> None:
        self.connection = Connection(timeout)
        self._client, self._api = self.connection.client, self.connection.api
        self._errors, self._saying = self.connection.errors, self.connection.saying
        #: What it says of itself.
        self.info = self.connection.info

    def ping(self) -> None:
        """See that it answers.

        Raises:
            HarnessError: it does not.
        """
        self.connection.ping()

    def close(self) -> None:
        """Give the connections back."""
        self.connection.close()

    # Images

    def image_id(self, tag: str) -> str | None:
        """The id of an image that the engine has, else None."""
        with self._saying(f"look for the image {tag}"):
            try:
                return str(self._client.images.get(tag).id)
            except self._errors.ImageNotFound:
                return None

    def pull(self, tag: str) -> None:
        """Fetch an image from its registry.

        Raises:
            HarnessError: it cannot be had.
        """
        with self._saying(f"pull the image {tag}"):
            self._client.images.pull(tag)

    def import_image(self, archive: Path, tag: str, labels: Mapping[str, str]) -> None:
        """Make an image of one file system."""
        repository, _, version = tag.partition(":")
        changes = [f"LABEL {name}={value}" for name, value in labels.items()]
        with self._saying(f"import the image {tag}"):
            self._api.import_image_from_file(str(archive), repository=repository, tag=version, changes=changes)

    def build(self, files: Mapping[str, bytes], tag: str, labels: Mapping[str, str]) -> None:
        """Build an image from its `Dockerfile` and what that copies.

        Args:
            files: what there is to be copied, and the `Dockerfile`.
            tag: the image's tag.
            labels: what the images of its steps say of themselves; those of a build that fails are removed by them.
        """
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for name, data in sorted(files.items()):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(data), 0o755 if data.startswith(b"\x7fELF") else 0o644
                tar.addfile(entry, io.BytesIO(data))
        context.seek(0)
        with self._saying(f"build the image {tag}"):
            try:
                self._client.images.build(
                    fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True, pull=False
                )
            except self._errors.BuildError:
                marks = [f"{name}={value}" for name, value in labels.items()]
                for step in self._api.images(filters={"dangling": True, "label": marks}):
                    self._remove_image(step["Id"])
                raise

    def run_and_keep(self, image: str, command: Sequence[str], tag: str, labels: Mapping[str, str]) -> None:
        """Run a command of an image without a network, and make an image of what it leaves; `image` is forgotten."""
        with self._saying(f"make the image {tag}"):
            try:
                with self.container(image, command, labels) as made:
                    try:
                        self.run(made)
                    except HarnessError as error:
                        raise HarnessError(f"the image {tag} cannot run the agents: {error}") from None
                    repository, _, version = tag.partition(":")
                    entrypoint = self._api.inspect_image(image)["Config"]["Entrypoint"]
                    changes = [f"ENTRYPOINT {json.dumps(entrypoint)}", "CMD []"]
                    self._api.commit(made, repository=repository, tag=version, changes=changes)
            finally:
                self._remove_image(image)

    def say_used(self, tag: str) -> None:
        """Let the engine remember that an image of ours is used now."""
        repository, _, version = tag.partition(":")
        with self._saying(f"tag the image {tag}"):
            self._api.tag(tag, repository, version)

    def images(self, repositories: Sequence[str]) -> list[Image]:
        """Our images in these repositories, by tag."""
        with self._saying("list our images"):
            held = {each["ImageID"] for each in self._api.containers(all=True)}
            found = []
            for each in self._api.images(filters={"label": f"{LABEL}=image"}):
                for tag in each["RepoTags"] or []:
                    if tag.partition(":")[0] in repositories:
                        tagged = self._api.inspect_image(tag)["Metadata"]["LastTagTime"]
                        used = max(float(each["Created"]), datetime.fromisoformat(tagged).timestamp())
                        found.append(Image("image", tag, tag, each["Labels"], held=each["Id"] in held, used=used))
        return found

    def _remove_image(self, tag: str) -> None:
        """Remove a tag of ours, and what was left of the steps of its build; pruning would take a nameless base too."""
        name = tag
        try:
            while name:
                found = self._api.inspect_image(name)
                if name != tag and (found["RepoTags"] or LABEL not in (found["Config"]["Labels"] or {})):
                    return
                self._api.remove_image(name, noprune=True)
                name = found["Parent"]
        except self._errors.APIError:
            if name == tag:
                raise
            # Another image was made from this step, or it is gone.

    @contextmanager
    def container(
        self, image: str, command: Sequence[str], labels: Mapping[str, str], name: str = "", volume: str = ""
    ) -> Iterator[str]:
        """A container without a network that is not started yet; it is removed at the end.

        Args:
            image: what it is made from.
            command: the program, and its arguments; it runs as root.
            labels: what it says of itself.
            name: its name, one that the engine makes up if empty.
            volume: what it has at `/cloud`, if anything.
        """
        with self._saying(f"make a container of {image}"):
            mounts = [_mount(volume, labels)] if volume else []
            made = self._api.create_container(
                image,
                list(command[1:]),
                entrypoint=command[0],
                user="0",
                name=name or None,
                labels=dict(labels),
                host_config=self._api.create_host_config(network_mode="none", mounts=mounts),
            )["Id"]
        try:
            yield made
        finally:
            self.remove(Made("container", made, name, labels))

    def run(self, container: str) -> None:
        """Start a container and wait for its end.

        Raises:
            HarnessError: it cannot be started, or ends with anything but 0; the text has its last words.
        """
        with self._saying(f"run the container {container[:12]}"):
            self._api.start(container)
            status = self._api.wait(container, timeout=TIMEOUT)["StatusCode"]
            if status:
                said = self._api.logs(container, tail=5).decode("utf-8", "replace")
                raise HarnessError(f"the container {container[:12]} ended with {status}: {said}")

    def copy_files(self, container: str, directory: str, archive: bytes | str) -> None:
        """Unpack files into a directory of a container.

        Args:
            archive: a tar, or the container whose whole file system it is.
        """
        with self._saying(f"unpack files into {directory}"):
            data = archive if isinstance(archive, bytes) else self._api.export(archive)
            self._api.put_archive(container, directory, data)

    # Networks and volumes

    def create_network(self, name: str, subnet: str, labels: Mapping[str, str]) -> None:
        """Make an internal network.

        Raises:
            Taken: the subnet or the name belongs to somebody else.
        """
        from docker.types import IPAMConfig, IPAMPool

        with self._saying(f"create the network {name} ({subnet})"):
            pools = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)])
            self._client.networks.create(name, driver="bridge", internal=True, labels=dict(labels), ipam=pools)

    def has_network(self, name: str) -> bool:
        """Whether there is a network of that name."""
        with self._saying(f"look for the network {name}"):
            return any(each["Name"] == name for each in self._api.networks(names=[name]))

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a volume."""
        with self._saying(f"create the volume {name}"):
            self._client.volumes.create(name, labels=dict(labels))

    # Containers

    def start(self, wanted: Container, memory: str = "") -> tuple[str, Stream]:
        """Start a host that ends when the connection to it does.

        Returns:
            The container's id and its attached standard streams, in the engine's frames.
        """
        from docker.types import LogConfig

        with self._saying(f"start the container {wanted.name}"):
            settings = self._api.create_host_config(
                network_mode=wanted.network,
                auto_remove=True,
                # So nothing can be left in it; plain process trees have no other root.
                read_only=not wanted.plain,
                cap_add=["NET_ADMIN"] if wanted.plain else ["NET_ADMIN", "SYS_ADMIN"],
                security_opt=["apparmor=unconfined"],
                mounts=[_mount(wanted.volume, wanted.labels)],
                tmpfs={"/local": "size=256m,mode=755", "/run": "mode=755"},
                pids_limit=8192,
                cgroupns="private",
                sysctls={"net.ipv6.conf.all.disable_ipv6": "1"},
                log_config=LogConfig(type="none"),
            )
            settings["ReadonlyPaths"] = _READ_ONLY
            endpoints: Any = {wanted.network: self._api.create_endpoint_config(ipv4_address=wanted.address)}
            networks = self._api.create_networking_config(endpoints)
            made = self._api.create_container(
                wanted.image,
                name=wanted.name,
                hostname=wanted.name,
                labels=dict(wanted.labels),
                stdin_open=True,
                host_config=settings,
                networking_config=networks,
            )["Id"]
            with ExitStack() as half_made:
                half_made.callback(self.discard, made)
                attached = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                stream = Stream(self._api.attach_socket(made, params=attached))
                half_made.callback(stream.close)
                self._api.start(made)
                half_made.pop_all()
        return str(made), stream

    def discard(self, container: str) -> None:
        """Remove a container that did not start, if it can be; else the end of the session does."""
        with suppress(self._errors.DockerException, OSError):
            self._api.remove_container(container, force=True, v=True)

    def kill(self, container: str) -> None:
        """Kill a container; auto-removal then removes it."""
        with self._saying(f"kill the container {container[:12]}"):
            self._api.kill(container)

    def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        with self._saying(f"rename the container {container[:12]}"):
            self._api.rename(container, name)

    def pause(self, container: str) -> None:
        """Freeze a container by the engine."""
        with self._saying(f"pause the container {container[:12]}"):
            self._api.pause(container)

    def unpause(self, container: str) -> None:
        """Thaw a container."""
        with self._saying(f"unpause the container {container[:12]}"):
            self._api.unpause(container)

    # What there is of ours

    def made(self, session: str | None = None) -> list[Made]:
        """Our containers, networks and volumes: of one session, or of all."""
        label = LABEL if session is None else f"{LABEL}={session}"
        with self._saying("list what is ours"):
            containers = self._api.containers(all=True, filters={"label": label})
            networks = self._api.networks(filters={"label": label})
            volumes = self._api.volumes(filters={"label": label})["Volumes"] or []
            named = self._api.volumes(filters={"name": f"faultzone-{session or ''}"})["Volumes"] or []
            found = containers_of(containers, self._is_there)
        found += [Made("network", each["Id"], each["Name"], each["Labels"]) for each in networks]
        found += [Made("volume", each["Name"], each["Name"], each["Labels"]) for each in volumes]
        for each in named:
            whose = _OF_A_SESSION.fullmatch(each["Name"])
            if whose is not None and LABEL not in (each["Labels"] or {}) and session in (None, whose[1]):
                found.append(Made("volume", each["Name"], each["Name"], {LABEL: whose[1]}))
        return found

    def remove(self, made: Made) -> None:
        """Remove something of ours, whatever its state; it is no error if it is gone or just going."""
        try:
            if made.kind == "container":
                self._api.remove_container(made.id, force=True, v=True)
            elif made.kind == "network":
                self._api.remove_network(made.id)
            elif made.kind == "image":
                self._remove_image(made.id)
            else:
                self._api.remove_volume(made.id, force=True)
        except self._errors.NotFound:
            return
        except (self._errors.DockerException, OSError) as error:
            if "already in progress" not in str(error):
                kind = HarnessError if isinstance(error, self._errors.DockerException) else Away
                if "has active endpoints" in str(error) and self._is_empty(made.id):
                    kind = Miscounted
                raise kind(f"{made.kind} {made.name} could not be removed: {short(error)}") from None

    def _is_there(self, container: str) -> bool:
        """Whether the engine finds a container that it lists."""
        try:
            self._api.inspect_container(container)
        except self._errors.NotFound:
            return False
        return True

    def _is_empty(self, network: str) -> bool:
        """Whether a network has no container, as far as the engine tells."""
        with suppress(self._errors.DockerException, OSError):
            return not self._api.inspect_network(network)["Containers"]
        return False


def containers_of(listed: Iterable[Mapping[str, Any]], is_there: Callable[[str], bool]) -> list[Made]:
    """The containers of ours among those that the engine lists.

    One whose removal has begun has no name any more, so it is called by the beginning of its id. An engine that was
    killed meanwhile may list it until its next start, although it is gone.

    Args:
        listed: what the engine lists.
        is_there: whether the engine finds a container by its id.
    """
    found = []
    for each in listed:
        if each["Names"] or is_there(each["Id"]):
            names = each["Names"] or [each["Id"][:12]]
            found.append(Made("container", each["Id"], names[0].lstrip("/"), each["Labels"], each["State"]))
    return found


def _mount(volume: str, labels: Mapping[str, str]) -> Any:
    """A volume at `/cloud`. Should it be gone just now, the engine makes another: with our labels, too."""
    from docker.types import Mount

    return Mount("/cloud", volume, "volume", labels=dict(labels), no_copy=True)


class Stream:
    """The attached standard streams of a container, as one socket in the engine's frames.

    Args:
        attached: what the SDK gives: a file over the socket, which belongs to the answer that it came with.
    """

    def __init__(self, attached: Any) -> None:
        self._attached = attached
        self.wire: socket.socket = getattr(attached, "_sock", attached)

    def close(self) -> None:
        """End it, and with it the container."""
        with suppress(OSError):
            self.wire.shutdown(socket.SHUT_RDWR)
        answer = getattr(self._attached, "_response", None)
        if answer is not None:
            answer.close()
        self.wire.close()
