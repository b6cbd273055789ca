"""Several workers of one run on one engine: what each has is its own, and what they share is made once."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from faultzone.substrate.docker.session import Session

pytestmark = [pytest.mark.docker, pytest.mark.slow]

TESTS = """
    import json, os
    from pathlib import Path

    import pytest

    @pytest.mark.parametrize("number", range(8))
    def test_it(region, number, request):
        one, other = region.run_instances(2, deployment_set=region.create_deployment_set())
        session = region.backend.real.session
        assert one.exec(f"echo {number} > /root/mine; ping -c1 -W9 {other.private_ip} >/dev/null; cat /root/mine") == (
            0, f"{number}\\n"
        )
        seen = {
            "worker": os.environ["PYTEST_XDIST_WORKER"],
            "session": session.id,
            "subnet": session.subnet,
            "image": session.image,
            "containers": [link.name for link in session.pool.leased],
            "addresses": [one.private_ip, other.private_ip],
        }
        Path(request.config.rootpath, f"seen-{number}.json").write_text(json.dumps(seen))
"""


@pytest.fixture
def new_base(hosts: Session) -> Iterator[str]:
    """A base that no hosts' image has been made from yet; it, and what is made from it, go at the end."""
    client = docker.from_env()
    tag = f"faultzone-test/base:{time.time_ns()}"
    with hosts.engine.container(hosts.image, ("true",), {}) as made:
        client.containers.get(made).commit(*tag.split(":"), changes=[f"LABEL made={tag}"])
    yield tag
    for image in client.images.list(filters={"label": f"made={tag}"}):
        for each in image.tags:
            client.images.remove(each)
    client.close()


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_have_all_of_their_own_but_the_image(
    pytester: pytest.Pytester, hosts: Session, new_base: str, workers: int
) -> None:
    client = docker.from_env()
    # Heard as they happen: the engine remembers but the last 256 of all kinds.
    events = client.api.events(filters={"type": "image"}, decode=True)
    happened: list[dict[str, Any]] = []
    listener = threading.Thread(target=lambda: happened.extend(events), daemon=True)
    listener.start()
    pytester.makepyfile(TESTS)
    done = pytester.runpytest_subprocess(
        "--faultzone-backend=docker", f"--faultzone-docker-base={new_base}", f"-n{workers}"
    )
    done.assert_outcomes(passed=8)
    seen = [json.loads(Path(pytester.path, f"seen-{number}.json").read_text()) for number in range(8)]
    by_worker = {each["worker"]: each for each in seen}
    assert len(by_worker) == workers
    for name in ("session", "subnet"):
        assert len({each[name] for each in by_worker.values()}) == workers
        assert len({(each["worker"], each[name]) for each in seen}) == workers
    owners = {name: each["worker"] for each in seen for name in each["containers"]}
    assert all(owners[name] == each["worker"] for each in seen for name in each["containers"])

    (image,) = {each["image"] for each in seen}
    events.close()
    listener.join()
    counted = Counter(each["Action"] for each in happened if image in str(each["Actor"]["Attributes"].get("name")))
    client.close()
    # The build's, that of what was compiled, and each worker's word that it uses it.
    assert counted["tag"] == 2 + workers

    assert [each for each in by_worker.values() if hosts.engine.made(each["session"])] == []
