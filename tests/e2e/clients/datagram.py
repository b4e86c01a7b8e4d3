#!/usr/bin/python3
"""One QUIC Initial packet to a server, by a call of its own.

    datagram.py CALL VERSION HOST PORT [FILE]

CALL: sendto, send, sendmsg, write. HOST: a name, for getaddrinfo, or an
address. The packet is that of FILE, or one that nobody can read. Prints `sent`,
or the name of the error.
"""

import errno
import os
import socket
import sys


def main():
    call, version, host, port = sys.argv[1:5]
    number, first = {"1": (1, 0xc3), "2": (0x6b3343cf, 0xd3),
                     "draft": (0xff00001d, 0xc3)}[version]
    packet = bytes([first]) + number.to_bytes(4, "big") + b"\x08" + \
        os.urandom(8) + b"\x00\x00" + (0x4000 | 1182).to_bytes(2, "big")
    packet += os.urandom(1200 - len(packet))
    if len(sys.argv) > 5:
        with open(sys.argv[5], "rb") as file:
            packet = file.read()
    family, _, _, _, address = socket.getaddrinfo(
        host, int(port), type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if call == "sendto":
            sock.sendto(packet, address)
        elif call == "sendmsg":
            sock.sendmsg([packet[:3], packet[3:]], [], 0, address)
        else:
            sock.connect(address)
            if call == "send":
                sock.send(packet)
            else:
                os.write(sock.fileno(), packet)
        print("sent")
    except OSError as error:
        print(errno.errorcode[error.errno])


main()
