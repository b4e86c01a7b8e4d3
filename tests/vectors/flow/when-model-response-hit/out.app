HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 60

{"content":[{"type":"text","text":"a [redacted:test-key]"}]}