HTTP/1.1 200 OK
Content-Type: image/png
Content-Length: 27

{"a":"[redacted:test-key]"}