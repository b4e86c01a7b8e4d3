HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 110

{"output":{"message":{"role":"assistant","content":[{"text":"[redacted:test-key]"}]}},"stopReason":"end_turn"}