HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 11

{"ok":true}