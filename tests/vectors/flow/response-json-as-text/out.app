HTTP/1.1 200 OK
Content-Type: text/html
Content-Length: 27

{"a":"[redacted:test-key]"}