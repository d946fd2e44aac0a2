"""What each code of a finding in a cluster means. Pure data; others are a machine's too."""

from apply.diagnosis import Words

_RUNNING = ("HUB1", "WAY101", "RES102", "PROC201")
"""What is no news while a pod is away."""
_LOGS = "inv logs hub or inv logs proxy; inv install --repair puts back what was changed by hand"

WORDS = {
    "KUBE101": Words(
        "error",
        "the cluster does not answer",
        "its API server is away, the kubeconfig names another one, or its certificate is not trusted",
        "kubectl cluster-info; correct target.context or the kubeconfig",
    ),
    "HELM101": Words(
        "error",
        "release {name} was left {state}",
        "an install was killed before Helm could record its end",
        "inv install puts it right: it takes the release back to its last good revision first",
    ),
    "HELM102": Words(
        "error",
        "release {name} is not there",
        "somebody has removed it by hand (helm uninstall)",
        "inv install",
        explains=("RES1", "HUB1", "WAY1"),
    ),
    "RES101": Words(
        "error",
        "{name} is gone",
        "somebody has removed it by hand",
        "inv install --repair makes it again",
        explains=("POD104", "POD107", *_RUNNING),
    ),
    "RES102": Words(
        "warning",
        "{name} is not as it was applied",
        "somebody has changed it by hand",
        "inv plan --repair shows the difference, inv install --repair puts it back",
        explains=("WAY101",),
    ),
    "NS101": Words(
        "error",
        "the namespace's labels are not as declared",
        "somebody has changed them; pod-security.kubernetes.io/enforce decides which servers may be made",
        "inv install writes them again; or target.pod_security, if the stricter level is wanted",
    ),
    "QUOTA101": Words(
        "error",
        "a quota of the namespace is used up",
        "servers, claims or something else in the namespace take all of it, so nothing more is made",
        "raise the ResourceQuota, or lower guarantees of the profiles",
        explains=("POD106",),
    ),
    "NODE101": Words(
        "error",
        "no node takes pods",
        "each is cordoned, or does not answer",
        "kubectl get nodes; kubectl uncordon NODE",
        explains=("POD105", *_RUNNING),
    ),
    "PROC201": Words(
        "error",
        "{name} has not all of its pods",
        "they are just being made, or something refuses them",
        f"inv status; {_LOGS}",
        explains=("HUB1", "WAY101"),
    ),
    "PROC202": Words(
        "error",
        "{name} was told to have no pods",
        "somebody has scaled it to 0 by hand",
        "inv install --repair",
        explains=_RUNNING,
    ),
    "POD101": Words(
        "error",
        "the image of {pod} cannot be pulled",
        "its name or tag is wrong, the nodes may not pull it, or it is large and still on its way",
        "correct the image or images.pull_secrets (inv images.push), then inv install; raise target.timeout for a "
        "large one",
        explains=_RUNNING,
    ),
    "POD102": Words("error", "{pod} ends again and again", "its own last lines say why", _LOGS, explains=_RUNNING),
    "POD103": Words(
        "error",
        "{pod} runs and is not ready",
        "a probe of it fails: it hangs, or listens elsewhere",
        _LOGS,
        explains=_RUNNING,
    ),
    "POD104": Words(
        "error",
        "{pod} cannot be made as it is written",
        "it names a Secret, ConfigMap, key or command that is not there",
        "inv install --repair, or make what it names",
        explains=_RUNNING,
    ),
    "POD105": Words(
        "error",
        "no node takes {pod}",
        "none has the processor, memory, labels or volume that it asks for",
        "lower the guarantees of its profile, or add a node",
        explains=_RUNNING,
    ),
    "POD106": Words(
        "error",
        "a quota keeps {pod} from being made",
        "the namespace's ResourceQuota is used up",
        "raise the ResourceQuota",
        explains=_RUNNING,
    ),
    "POD107": Words(
        "error",
        "{pod} is refused by the cluster",
        "its settings break the namespace's PodSecurity level, or an admission rule",
        "target.pod_security, or correct what chart_values or a profile's pod sets",
        explains=_RUNNING,
    ),
    "POD108": Words(
        "error",
        "{pod} should have ended and has not",
        "its node does not answer",
        "kubectl get nodes; when the node is gone for good: kubectl delete node",
    ),
    "STOR101": Words(
        "error",
        "claim {name} has no volume",
        "its StorageClass is not there or cannot make one, or no NFS volume fits it",
        "kubectl describe pvc says why; correct storage.class_name or storage.nfs",
        explains=("POD105", "STOR102", *_RUNNING),
    ),
    "STOR102": Words(
        "error",
        "a volume of {pod} cannot be mounted",
        "the NFS server or its export is away, refuses this node, or the Secret it shows is not there",
        "on the NFS server: exportfs -v, and that group 100 may write there; else make what the volume names",
        explains=_RUNNING,
    ),
    "STOR103": Words(
        "error", "the cluster lacks storage that the stack needs", "{message}", "{hint}", explains=("STOR101",)
    ),
    "GPU101": Words(
        "error",
        "no node gives GPUs",
        "the NVIDIA device plugin does not run, or no node has a GPU",
        "install the device plugin; kubectl describe nodes shows nvidia.com/gpu; or gpu.enabled: auto",
        explains=("GPU103",),
    ),
    "GPU102": Words("error", "the cluster lacks the RuntimeClass of GPUs", "{message}", "{hint}"),
    "GPU103": Words(
        "error",
        "no node has a free GPU for {pod}",
        "all are in use, or the node that has them does not take pods",
        "wait for a server to end, add a node with GPUs, or correct gpu.limit of its profile",
    ),
    "GPU104": Words(
        "error",
        "the node of {pod} lacks the runtime of its RuntimeClass",
        "the container runtime of that node does not know the handler, so a server would see no CUDA",
        "nvidia-ctk runtime configure on that node, or correct gpu.runtime_class",
    ),
    "NEED101": Words("error", "the cluster lacks something that the stack needs", "{message}", "{hint}"),
    "SECR201": Words(
        "error",
        "Secret {name} is gone",
        "somebody has removed it, or what brings it does not run",
        "inv install makes it anew; users sign in again where it held the hub's keys",
        explains=("HUB101", "RES1"),
    ),
    "SECR202": Words(
        "error", "a Secret that the stack names is not there", "{message}", "{hint}", explains=("WAY102",)
    ),
    "WAY102": Words(
        "error",
        "the public address does not answer",
        "the name in DNS, the Ingress, its controller or its certificate",
        "kubectl describe ingress; the login page itself comes through the proxy",
    ),
    "WAY103": Words("error", "nothing leads to the hub", "{message}", "{hint}", explains=("WAY102",)),
    "HUB103": Words(
        "error",
        "the hub does not run as declared",
        "the site's own values, or code in hub.extraConfig, override what the stack sets",
        "chart_values says what the site sets; inv install",
    ),
    "HUB104": Words(
        "error",
        "nobody ends idle servers",
        "the culler is not registered with the hub: the site's own values replace its services",
        "remove c.JupyterHub.services from chart_values, then inv install",
    ),
    "HUB105": Words(
        "error",
        "the hub cannot log in to Vault",
        "the hub's way to Vault, its certificate, or the audience and account of its login",
        "inv vault.apply; inv logs hub says what Vault has answered",
    ),
    "ESO101": Words(
        "error",
        "ExternalSecret {name} does not sync",
        "its store cannot log in to Vault, or the path is not there",
        "kubectl describe externalsecret; kubectl describe clustersecretstore; inv vault.apply makes what it reads",
        explains=("SECR201", "HUB105"),
    ),
    "ESO102": Words(
        "warning",
        "nobody looks at ExternalSecret {name}",
        "the External Secrets Operator does not run",
        "start the operator; or vault.admin_token.secret_store: null, then install writes the Secret",
    ),
    "ESO103": Words("error", "the ClusterSecretStore is not there", "{message}", "{hint}", explains=("ESO10",)),
}
