"""Serves moto's DynamoDB and S3 on a free port, which it prints, until standard input ends: so it never outlives the one who started it."""

import os
import sys

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
os._exit(0)
