HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 65

{"outputs":[{"text":"[redacted:test-key]","stop_reason":"stop"}]}