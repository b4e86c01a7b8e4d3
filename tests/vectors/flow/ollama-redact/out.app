HTTP/1.1 200 OK
Content-Type: application/x-ndjson
Transfer-Encoding: chunked

81
{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"my [redacted:test-key]"},"done":false}

6c
{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"."},"done":false}

a4
{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":6}

0

