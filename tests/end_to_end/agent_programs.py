"""Small programs named like coding agents: one that works as Claude Code does, and others that do not."""

import stat
from pathlib import Path

CLAUDE = '''\
#!/usr/bin/env python3
"""Asks its model, does with its tools what it is told, and prints the events of Claude Code."""
import json, os, sys, urllib.request

if "--version" in sys.argv:
    print("2.0.14 (Claude Code)")
    sys.exit()
prompt = sys.argv[sys.argv.index("-p") + 1]
if "{behaviour}" == "hang":
    open("started", "w").close()
    sys.stdout.flush()
    import time
    time.sleep(600)
if "{behaviour}" == "crash":
    sys.stderr.write("Segmentation fault of a stand-in\\n")
    sys.exit(3)
schema = {{"type": "object", "properties": {{"file_path": {{}}, "content": {{}}}}}}
tools = [{{"name": name, "input_schema": schema}} for name in ("Read", "Write")]
messages, usage = [{{"role": "user", "content": prompt}}], {{"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0}}
print(json.dumps({{"type": "system", "subtype": "init", "session_id": "s1", "model": "fake"}}), flush=True)
while True:
    body = {{"model": "m", "max_tokens": 100, "messages": messages, "tools": tools}}
    headers = {{"x-api-key": os.environ["ANTHROPIC_API_KEY"], "content-type": "application/json"}}
    request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode(), headers)
    reply = json.load(urllib.request.urlopen(request))
    for name in usage:
        usage[name] += reply["usage"].get(name) or 0
    calls = [part for part in reply["content"] if part["type"] == "tool_use"]
    text = "".join(part["text"] for part in reply["content"] if part["type"] == "text")
    if not calls:
        break
    messages.append({{"role": "assistant", "content": reply["content"]}})
    for call in calls:
        if call["name"] == "Write" and "{behaviour}" != "idle":
            open(call["input"]["file_path"], "w").write(call["input"]["content"])
        result = {{"type": "tool_result", "tool_use_id": call["id"], "content": "done"}}
        messages.append({{"role": "user", "content": [result]}})
print(json.dumps({{"type": "result", "subtype": "success", "is_error": False, "session_id": "s1", "result": text, "usage": usage}}))
'''


def claude(folder: Path, behaviour: str = "work") -> Path:
    """Put a stand-in for Claude Code on a PATH: it works, or makes no change (idle), hangs or crashes once it is asked for work."""
    return script(folder, "claude", CLAUDE.format(behaviour=behaviour))


def script(folder: Path, name: str, text: str) -> Path:
    """Put a program into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder
