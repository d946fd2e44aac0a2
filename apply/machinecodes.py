"""What each code of a finding on one machine means. Pure data."""

from apply import vaultcheck
from apply.diagnosis import Words

_RUNNING = ("HUB1", "WAY1", "VAULT101")
"""What is no news while a part, or what it needs, is away."""

WORDS = {
    "PROC101": Words(
        "error",
        "part {name} does not run",
        "it ends as soon as it starts, or waits for another part",
        "inv logs {name} says why it ended; then inv install",
        explains=_RUNNING,
    ),
    "PROC102": Words(
        "error",
        "part {name} runs and does not answer",
        "it was stopped by a signal, or hangs",
        "kill -CONT, or kill the process that inv status names: the supervisor starts another one",
        explains=_RUNNING,
    ),
    "PROC103": Words(
        "error",
        "the supervisor hangs",
        "it was stopped by a signal; a part that ends now would not be started again",
        "kill -CONT, or kill its process: the keeper starts another one, and the parts go on",
        explains=("PROC1", *_RUNNING),
    ),
    "PROC104": Words(
        "error",
        "no supervisor runs",
        "the machine was restarted, or supervisor and keeper were ended",
        "inv doctor --fix or inv install starts one; parts that run go on",
        explains=("PROC1", "PORT1", *_RUNNING),
    ),
    "PROC105": Words(
        "error",
        "what the supervisor tells of its parts cannot be read",
        "somebody has written run/status.json, or the disk was full",
        "kill the supervisor's process (run/supervisor.lock has its number): the keeper starts another one",
        explains=("PROC101", "PROC102"),
    ),
    "PORT101": Words(
        "error",
        "another process has the port of part {name}",
        "it took the port while the part did not run",
        "end that process; or inv install, which chooses another port unless hub.port names it",
        explains=("PROC101", *_RUNNING),
    ),
    "FILE101": Words(
        "error",
        "others of this machine may read the stack's secrets",
        "a backup was put back, or a copy made by hand, without its modes",
        "inv doctor --fix makes them private again",
    ),
    "FILE102": Words(
        "warning",
        "files of the stack are not as the stack file says",
        "somebody has changed them by hand, or the stack file was changed after the last install",
        "inv plan shows the differences, inv install writes them again",
        explains=("PROC101", "WAY1"),
    ),
    "FILE103": Words(
        "error",
        "what install has chosen for this machine cannot be read",
        "conf/facts.json was changed, cut short, or lost",
        "put it back from a backup; else inv install chooses ports anew and restarts the parts",
        explains=("FILE102", "PROC1", "CERT1", *_RUNNING),
    ),
    "FILE104": Words(
        "error",
        "a folder of the state directory is gone",
        "somebody has moved or removed it",
        "put it back; inv doctor --fix makes an empty one",
    ),
    "FILE105": Words(
        "error",
        "the hub's database is damaged",
        "the disk was full, or something else than the hub has written it",
        "inv uninstall, put hub/jupyterhub.sqlite back from a backup, inv install",
        explains=("PROC101", "HUB1", "WAY1"),
    ),
    "SECR101": Words(
        "error",
        "a secret of the stack is gone",
        "somebody has moved or removed it",
        "put it back from a backup; inv install makes anew what nothing else depends on (not seal.key)",
        explains=("PROC101", *_RUNNING),
    ),
    "DISK101": Words(
        "error",
        "the disk is nearly full",
        "homes, logs or other programs have filled it",
        "free some space: du -sh below the state directory shows where; --least-free sets the bound",
    ),
    "LOCK101": Words(
        "warning",
        "another command works on this stack",
        "it has not ended yet, so what is seen here may be half of a change",
        "wait for it, then inv doctor again",
    ),
    "MACH101": Words(
        "warning",
        "this kernel cannot keep users apart",
        "it is older than Linux 5.13, or Landlock is switched off",
        "switch Landlock on; or target.confinement: off, if all users trust each other",
    ),
    "CERT101": Words(
        "error",
        "the certificate of {name} has ended",
        "nobody has installed for long",
        "inv install makes another one",
        explains=("WAY1", "VAULT109"),
    ),
    "CERT102": Words(
        "warning",
        "the certificate of {name} ends soon",
        "nobody has installed for long",
        "inv install makes another one",
    ),
    "CERT103": Words(
        "error",
        "the certificate of {name} is of another authority",
        "authority or certificate were put back from different backups",
        "inv install makes another one",
        explains=("WAY1", "VAULT109"),
    ),
    "CERT104": Words(
        "error",
        "the certificate of {name} does not fit its key",
        "one of the two was replaced",
        "remove the certificate, then inv install makes both anew",
        explains=("WAY1", "VAULT109"),
    ),
    "CERT105": Words(
        "error",
        "the certificate of {name} cannot be read",
        "the file was changed, cut short, or lost",
        "remove what is left of it, then inv install makes another one",
        explains=("WAY1", "VAULT109"),
    ),
    "CERT106": Words(
        "error",
        "the certificate of {name} is not valid yet",
        "this machine's clock is behind the time at which the certificate was made",
        "set the clock by NTP (timedatectl set-ntp true)",
        explains=("WAY1", "VAULT109"),
    ),
    "ENV101": Words(
        "error",
        "the Python environment {identity} is broken",
        "its making was cut short, or the Python that it was made with is gone",
        "stop the servers that use it, remove its folder, then inv install makes it again",
    ),
    "MCP101": Words(
        "error",
        "servers of environment {identity} are no tools of assistants",
        "the extension was removed from it",
        "remove its folder, then inv install makes it again; servers that run get it with their next start",
    ),
    "HUB101": Words(
        "error",
        "the hub's API does not answer",
        "the hub hangs, or refuses this machine",
        "inv logs hub",
        explains=("WAY1",),
    ),
    "HUB102": Words(
        "error",
        "the hub does not take the token of its admin service",
        "the token was changed in one place only, or put back from a backup",
        "put the token back; or inv uninstall and inv install: a hub that starts takes the one in its place",
    ),
    "WAY101": Words(
        "error",
        "the login page does not come through the proxy",
        "the proxy has lost its route to the hub, or serves another certificate",
        "inv logs proxy; kill the hub's process: the one that is started again writes the routes anew",
    ),
} | vaultcheck.WORDS
