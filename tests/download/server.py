#!/usr/bin/env python3
"""A mirror that behaves as asked. Usage: server.py FOLDER LOG PORT_FILE

Serves FOLDER/FILE at http://127.0.0.1:PORT/BEHAVIOUR/FILE, writes a line "BEHAVIOUR FILE FIRST_BYTE" per request to
LOG, and its port to PORT_FILE once it listens.
"""
import http.server
import os
import re
import sys
import time

FOLDER, LOG, PORT_FILE = sys.argv[1:]


class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        behaviour, name = self.path.strip("/").split("/")
        range_header = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(range_header.group(1)) if range_header else 0
        with open(LOG, "a") as log:
            log.write(f"{behaviour} {name} {first}\n")
        path = os.path.join(FOLDER, name)
        if behaviour == "missing" or not os.path.exists(path):
            return self.send_error(404)
        with open(path, "rb") as file:
            content = file.read()
        self.answer(behaviour, content, first)

    def answer(self, behaviour, content, first):
        half = len(content) // 2
        if behaviour in ("norange", "norange_cut"):
            first = 0
        if behaviour == "wrong":
            content = content[:half] + bytes([content[half] ^ 1]) + content[half + 1:]
        if behaviour == "short":
            content = content[:half]
        if behaviour == "long":
            content = content * 3
        if first > 0 and first >= len(content):
            return self.send_error(416)
        self.send_response(206 if first > 0 else 200)
        if first > 0:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        if behaviour == "stalls" or (behaviour in ("cut", "norange_cut") and first < half):
            self.wfile.write(content[first:half])
            self.wfile.flush()
            if behaviour == "stalls":
                time.sleep(600)
            return self.close_early()
        if behaviour == "slow":
            for start in range(first, len(content), 1 << 20):
                self.wfile.write(content[start:start + (1 << 20)])
                time.sleep(0.05)
            return None
        self.wfile.write(content[first:])
        return None

    def close_early(self):
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # a client that hangs up is none
        pass


server = Server(("127.0.0.1", 0), Mirror)
with open(PORT_FILE + ".new", "w") as port_file:
    port_file.write(str(server.server_address[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
