HTTP/1.1 200 OK
Content-Type: application/x-ndjson
Content-Length: 252

{"model":"m","message":{"role":"assistant","content":"[redacted:test-key]"},"done":false}
{"model":"m","message":{"role":"assistant","content":""},"done":false}
{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
