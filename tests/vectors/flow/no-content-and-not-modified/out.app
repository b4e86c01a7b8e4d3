HTTP/1.1 204 No Content
Content-Length: 5

HTTP/1.1 304 Not Modified
Transfer-Encoding: chunked

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 11

{"ok":true}