HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 55

{"a":{"deep":[{"anything":"a [redacted:test-key] b"}]}}