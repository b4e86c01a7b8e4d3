HTTP/1.1 200 OK
Content-Type: application/json

{"a":1}