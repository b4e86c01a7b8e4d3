#!/usr/bin/python3
"""One gRPC call: grpc-call.py CA HOST:PORT. Prints the status's name."""

import sys

import grpc

with open(sys.argv[1], "rb") as file:
    credentials = grpc.ssl_channel_credentials(file.read())
channel = grpc.secure_channel(sys.argv[2], credentials)
call = channel.unary_unary("/test.Service/Call", bytes, bytes)
for _ in range(3):
    try:
        call(b"key" * 1000, timeout=20)
        print("OK")
    except grpc.RpcError as error:
        print(error.code().name)
