HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 99999999

{"a