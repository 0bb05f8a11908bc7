"""Python's own client, which sends all of a body before it reads: asks as JSON in, a tally out."""
import http.client
import json
import sys
import urllib.parse
import uuid

plan = json.load(sys.stdin)
base = urllib.parse.urlsplit(plan["url"])


def next_request():
    if plan["next"] == "health":
        return "GET", "/health", None, '"ok"'
    name = str(uuid.uuid4())
    body = {"room": "next", "peer_id": "python", "text": "Still there?", "id": name}
    return "POST", "/send", json.dumps(body), '"%s"' % name


def send(connection, ask):
    body = b"x" * ask["bytes"]
    half = len(body) // 2
    chunks = iter([body[:half], body[half:]]) if ask["isChunked"] else body
    connection.request(ask["method"], ask["path"], chunks, ask.get("headers", {}),
                       encode_chunked=ask["isChunked"])


def with_framing(ask):
    if ask["isChunked"]:
        headers = dict(ask.get("headers", {}), **{"transfer-encoding": "chunked"})
        return dict(ask, headers=headers)
    return ask


def try_one(ask):
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=30)
    try:
        send(connection, with_framing(ask))
        answer = connection.getresponse()
        answer.read()
        if ask["status"] not in (None, answer.status):
            raise ValueError("answered %d" % answer.status)
        method, path, body, expects = next_request()
        # It opens a new connection by itself where the answer said that this one ends.
        connection.request(method, path, body)
        after = connection.getresponse()
        text = after.read().decode()
        if after.status != 200 or expects not in text:
            raise ValueError("the next request was answered %d: %s" % (after.status, text))
        return "announced" if answer.will_close else "kept"
    finally:
        connection.close()


tally = {"kept": 0, "announced": 0, "failures": []}
for ask in plan["asks"]:
    try:
        tally[try_one(ask)] += 1
    except (OSError, ValueError, http.client.HTTPException) as error:
        tally["failures"].append("%s, %d bytes: %r" % (ask["name"], ask["bytes"], error))
print(json.dumps(tally))
