HTTP/1.1 200 OK
Content-Type: application/x-ndjson
Transfer-Encoding: chunked

6e
{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"so "},"done":false}

8d
{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"response":"","done":true,"done_reason":"stop"}

0

