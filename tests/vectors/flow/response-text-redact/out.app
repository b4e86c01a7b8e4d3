HTTP/1.1 200 OK
Content-Type: text/plain
Content-Length: 22

my [redacted:test-key]