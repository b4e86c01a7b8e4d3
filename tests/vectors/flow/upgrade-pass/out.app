HTTP/1.1 101 Switching Protocols
Connection: upgrade
Upgrade: websocket

Åhi