HTTP/1.1 200 OK
Content-Type: application/x-ndjson
Transfer-Encoding: chunked

5d
{"model":"m","message":{"role":"assistant","content":"my [redacted:test-key]"},"done":false}

48
{"model":"m","message":{"role":"assistant","content":"!"},"done":false}

5b
{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}

0

