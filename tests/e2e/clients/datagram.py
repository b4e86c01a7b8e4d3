#!/usr/bin/python3
"""QUIC Initial packets to a server, from one socket, by a call of its own.

    datagram.py CALL VERSION HOST PORT [FILE...]

CALL: sendto, send, sendmsg, write. HOST: a name, for getaddrinfo, or an
address. The packets are those of FILEs, or one that nobody can read. Prints for
each `sent`, or the name of the error.
"""

import errno
import os
import socket
import sys


def unreadable(version):
    number, first = {"1": (1, 0xc3), "2": (0x6b3343cf, 0xd3),
                     "draft": (0xff00001d, 0xc3)}[version]
    packet = bytes([first]) + number.to_bytes(4, "big") + b"\x08" + \
        os.urandom(8) + b"\x00\x00" + (0x4000 | 1182).to_bytes(2, "big")
    return packet + os.urandom(1200 - len(packet))


def send(sock, call, address, packet):
    if call == "sendto":
        sock.sendto(packet, address)
    elif call == "sendmsg":
        sock.sendmsg([packet[:3], packet[3:]], [], 0, address)
    elif call == "send":
        sock.send(packet)
    else:
        os.write(sock.fileno(), packet)


def main():
    call, version, host, port = sys.argv[1:5]
    packets = [unreadable(version)]
    if len(sys.argv) > 5:
        packets = [open(name, "rb").read() for name in sys.argv[5:]]
    family, _, _, _, address = socket.getaddrinfo(
        host, int(port), type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if call in ("send", "write"):
        sock.connect(address)
    for packet in packets:
        try:
            send(sock, call, address, packet)
            print("sent")
        except PermissionError as error:
            print(errno.errorcode[error.errno])


main()
