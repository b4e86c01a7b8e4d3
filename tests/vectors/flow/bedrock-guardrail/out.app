HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 60

{"action":"NONE","outputs":[{"text":"[redacted:test-key]"}]}