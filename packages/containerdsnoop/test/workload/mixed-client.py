# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls of containerd that are as hard to name from the middle as can be: gRPC's C core, nothing of
whose headers ever changes, and the CRI mixed with containerd's own services on one connection.

    /usr/bin/python3 mixed-client.py SOCKET IMAGE CALLS [SEED]

Makes pods on the host's network with a container of IMAGE each, which has to have sh and ls, asks at
random about all there is, makes more and removes some, and in the end all. Prints how often it has
called each method, as JSON. Needs python3-grpcio; messages are written by hand, so nothing else.
"""
import collections
import json
import random
import sys

import grpc

RUNTIME = "/runtime.v1.RuntimeService/"
IMAGES = "/runtime.v1.ImageService/"
SERVICES = "/containerd.services."
NODE = 2  # NamespaceMode of the CRI: that of the host
SLEEP = ["/bin/sh", "-c", 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done']


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    """One field of a protobuf message: a number, text, or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(number, values):
    return b"".join(field(number, value) for value in values)


def first_text(message):
    """The first field of a reply that begins with an id, shorter than 128 bytes."""
    return message[2 : 2 + message[1]].decode()


class Client:
    def __init__(self, socket):
        self.channel = grpc.insecure_channel("unix:" + socket)
        self.counts = collections.Counter()

    def call(self, path, request=b"", namespace=None, stream=False):
        """The reply, or None if the call failed: what is asked for may be gone."""
        self.counts[path] += 1
        metadata = [("containerd-namespace", namespace)] if namespace else []
        kind = self.channel.unary_stream if stream else self.channel.unary_unary
        try:
            reply = kind(path)(request, metadata=metadata, timeout=60)
            return list(reply) if stream else reply
        except grpc.RpcError:
            return None


class Pods:
    """Sandboxes with a container each."""

    def __init__(self, client, image):
        self.client, self.image, self.pods, self.made = client, image, [], 0

    def add(self):
        name, self.made = f"pod{self.made}", self.made + 1
        host = field(1, field(1, NODE))
        metadata = field(1, name) + field(2, f"uid-of-{name}") + field(3, "default")
        config = field(1, metadata) + field(6, field(1, "app") + field(2, name))
        config += field(8, field(2, host))
        reply = self.client.call(RUNTIME + "RunPodSandbox", field(1, config))
        if reply is None:
            return
        sandbox = first_text(reply)
        made = field(1, field(1, "main")) + field(2, field(1, self.image)) + fields(3, SLEEP)
        made += field(15, field(2, field(3, field(1, NODE))))
        request = field(1, sandbox) + field(2, made) + field(3, config)
        reply = self.client.call(RUNTIME + "CreateContainer", request)
        container = first_text(reply) if reply else "none"
        self.client.call(RUNTIME + "StartContainer", field(1, container))
        self.pods.append((sandbox, container))

    def remove(self):
        sandbox, container = self.pods.pop(0)
        for method, request in (
            ("StopContainer", field(1, container) + field(2, 1)),
            ("RemoveContainer", field(1, container)),
            ("StopPodSandbox", field(1, sandbox)),
            ("RemovePodSandbox", field(1, sandbox)),
        ):
            self.client.call(RUNTIME + method, request)


def questions(image, pods, chance):
    """All that is asked, with how often: path, request, and what else."""
    sandbox, container = chance.choice(pods)
    some = chance.random() < 0.5
    namespace = {"namespace": chance.choice(["k8s.io", "other"])}
    own = {"namespace": "k8s.io"}
    return [
        (9, RUNTIME + "ListContainers", field(1, field(1, container)) if some else b"", {}),
        (8, RUNTIME + "ListPodSandbox", field(1, field(2, b"")) if some else b"", {}),
        (9, RUNTIME + "ContainerStatus", field(1, container) + (field(2, 1) if some else b""), {}),
        (7, RUNTIME + "PodSandboxStatus", field(1, sandbox), {}),
        (5, RUNTIME + "ListContainerStats", b"", {}),
        (4, RUNTIME + "ContainerStats", field(1, container), {}),
        (2, RUNTIME + "Version", b"", {}),
        (2, RUNTIME + "Status", field(1, 1) if some else b"", {}),
        (4, RUNTIME + "ExecSync", field(1, container) + fields(2, ["/bin/ls", "/"]), {}),
        (5, IMAGES + "ListImages", b"", {}),
        (6, IMAGES + "ImageStatus", field(1, field(1, image if some else "none:1")), {}),
        (3, IMAGES + "ImageFsInfo", b"", {}),
        (5, SERVICES + "containers.v1.Containers/List", b"", namespace),
        (5, SERVICES + "containers.v1.Containers/Get", field(1, container), own),
        (4, SERVICES + "tasks.v1.Tasks/Get", field(1, container), own),
        (3, SERVICES + "tasks.v1.Tasks/List", b"", own),
        (3, SERVICES + "images.v1.Images/List", b"", namespace),
        (3, SERVICES + "images.v1.Images/Get", field(1, image), namespace),
        (2, SERVICES + "namespaces.v1.Namespaces/List", b"", {}),
        (2, SERVICES + "content.v1.Content/List", b"", {**namespace, "stream": True}),
        (2, SERVICES + "snapshots.v1.Snapshots/List", field(1, "native"), {**own, "stream": True}),
        (1, SERVICES + "introspection.v1.Introspection/Plugins", b"", {}),
        (1, SERVICES + "version.v1.Version/Version", b"", {}),
        (1, SERVICES + "leases.v1.Leases/List", b"", namespace),
    ]


def main(socket, image, calls, seed=5):
    chance = random.Random(int(seed))
    client = Client(socket)
    pods = Pods(client, image)
    while sum(client.counts.values()) < int(calls):
        if len(pods.pods) < 3 or chance.random() < 0.01:
            pods.add()
        elif len(pods.pods) > 3 and chance.random() < 0.02:
            pods.remove()
        else:
            asked = questions(image, pods.pods, chance)
            _, path, request, more = chance.choices(asked, [share for share, *_ in asked])[0]
            client.call(path, request, **more)
    while pods.pods:
        pods.remove()
    client.channel.close()
    print(json.dumps(client.counts))


main(*sys.argv[1:])
