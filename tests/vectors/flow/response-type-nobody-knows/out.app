HTTP/1.1 200 OK
Content-Type: application/x-json-odd
Content-Length: 27

{"a":"[redacted:test-key]"}