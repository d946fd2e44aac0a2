"""JSON-RPC 2.0 as the Model Context Protocol uses it: what a client sends, and what it gets. Pure.

Source: modelcontextprotocol.io/specification, "Base Protocol" and "Streamable HTTP".
"""

import json
from dataclasses import dataclass
from typing import Any

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, REFUSED = -32700, -32600, -32601, -32602, -32000
"""JSON-RPC 2.0, section 5.1; from -32099 to -32000 a server's own."""
VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Of the protocol, newest first. Between them nothing differs that the endpoint's own answers contain."""


class NotAMessage(Exception):
    """What came is no request or notification; the message says why."""

    def __init__(self, code: int, reason: str) -> None:
        """Args: code: of JSON-RPC."""
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Message:
    """One request or notification."""

    method: str
    params: dict[str, Any]
    identity: str | int | None
    """None for a notification and for a response, which nobody answers."""

    @property
    def tool(self) -> str:
        """The name of the tool that is called; empty when none is."""
        name = self.params.get("name") if self.method == "tools/call" else ""
        return name if isinstance(name, str) else ""

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the tool."""
        given = self.params.get("arguments")
        return given if isinstance(given, dict) else {}


def message_in(body: bytes) -> Message:
    """The message in the body of a POST.

    Raises:
        NotAMessage: there is none, or there are several (the protocol has no batches since 2025-06-18).
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAMessage(PARSE_ERROR, "the body is not JSON") from None
    if isinstance(content, list):
        raise NotAMessage(INVALID_REQUEST, "batches are not supported: send one message at a time")
    if not isinstance(content, dict) or content.get("jsonrpc") != "2.0":
        raise NotAMessage(INVALID_REQUEST, "this is not a message of JSON-RPC 2.0")
    if "method" not in content and ("result" in content or "error" in content):
        return Message("", {}, None)
    method, params, identity = content.get("method"), content.get("params", {}), content.get("id")
    if not isinstance(method, str) or not isinstance(params, dict):
        raise NotAMessage(INVALID_REQUEST, "a message has a method, and params that are an object")
    if isinstance(identity, bool) or not isinstance(identity, str | int | None):
        raise NotAMessage(INVALID_REQUEST, "the id of a message is a text or a whole number")
    return Message(method, params, identity)


def result(identity: str | int | None, content: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request."""
    return {"jsonrpc": "2.0", "id": identity, "result": content}


def error(identity: str | int | None, code: int, reason: str) -> dict[str, Any]:
    """The answer to a request that failed."""
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": reason}}


def tool_result(identity: str | int | None, content: Any, failed: bool = False) -> dict[str, Any]:
    """What a tool has found, or why it could not, for a model to read."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return result(identity, {"content": [{"type": "text", "text": text}], "isError": failed})


def initialized(message: Message, name: str) -> dict[str, Any]:
    """The answer to `initialize` of an endpoint that has tools and nothing else."""
    asked = message.params.get("protocolVersion")
    return result(
        message.identity,
        {
            "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": name, "version": "1"},
        },
    )


def answer_in(body: bytes, content_type: str, identity: str | int | None) -> dict[str, Any] | None:
    """The answer to the request in what a server sent, as JSON or as events; None when there is none."""
    texts = _events(body.decode("utf-8", "replace")) if content_type == "text/event-stream" else [body]
    for text in texts:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict) and content.get("id") == identity and ("result" in content or "error" in content):
            return content
    return None


def _events(stream: str) -> list[str]:
    """The data of each event (html.spec.whatwg.org, "Server-sent events")."""
    blocks = stream.replace("\r\n", "\n").split("\n\n")
    lines = [[line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")] for block in blocks]
    return ["\n".join(data) for data in lines if data]


def with_tools(answer: dict[str, Any], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """A list of tools with these at the end of its last page; an answer that is none stays as it is."""
    content = answer.get("result")
    if not isinstance(content, dict) or not isinstance(content.get("tools"), list) or content.get("nextCursor"):
        return answer
    return {**answer, "result": {**content, "tools": [*content["tools"], *tools]}}
