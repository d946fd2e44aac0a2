"""Run as a program in the hub's folder: what its configuration comes to, and the pods it would make, as JSON.

Arguments: the requests, JSON: a list of {"user", "groups", "options"}, and "home" to look for the home as well.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import jupyterhub.app
from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner
from tornado.web import HTTPError


async def pod(c: Any, db: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The pod of a request, or the refusal."""
    groups = [orm.Group.find(db, name) or orm.Group(name=name) for name in request["groups"]]
    row = orm.User.find(db, request["user"]) or orm.User(name=request["user"])
    row.groups = groups
    db.add(row)
    db.commit()
    user = User(row, {"config": c})
    spawner = user._new_spawner("", spawner_class=KubeSpawner, user=user, hub=Hub(), config=c, api_token="t")
    spawner.user_options = request["options"]
    spawner.storage_pvc_ensure = request.get("home", False)
    try:
        await spawner._run_apply_user_options(spawner.user_options)
    except HTTPError as refusal:
        return {"status": refusal.status_code, "sentence": refusal.jupyterhub_message}
    await spawner.load_user_options()
    return {"pod": ApiClient().sanitize_for_serialization(await spawner.get_pod_manifest())}


async def pods(c: Any, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    db = orm.new_session_factory("sqlite:///:memory:")()
    return [await pod(c, db, request) for request in requests]


def main() -> None:
    app = jupyterhub.app.JupyterHub()
    app.load_config_file(str(Path.cwd() / "jupyterhub_config.py"))
    c = app.config
    import hub.settings
    from hub.cluster.invariants import findings

    settings = hub.settings.load_settings(Path.cwd() / "buunstack" / "settings.json")
    report = {
        "code": hub.settings.__file__,
        "findings": findings(c, settings),
        "services": c.JupyterHub.services,
        "roles": c.JupyterHub.load_roles,
        "authenticator": [one.__name__ for one in c.JupyterHub.authenticator_class.__mro__],
        "tornado": c.JupyterHub.tornado_settings,
        "pods": asyncio.run(pods(c, json.loads(sys.argv[1]))),
    }
    print("REPORT", json.dumps(report, default=repr))


main()
