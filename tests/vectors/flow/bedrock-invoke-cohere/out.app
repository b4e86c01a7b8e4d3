HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 57

{"text":"[redacted:test-key]","finish_reason":"COMPLETE"}