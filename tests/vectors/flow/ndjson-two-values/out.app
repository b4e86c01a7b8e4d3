HTTP/1.1 200 OK
Content-Type: application/x-ndjson
Transfer-Encoding: chunked

70
{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"fine."},"done":false}

8d
{"error":"Blocked by sallyport policy: the body is not valid JSON: in a stream (rule json_invalid, exchange #############################)"}

0

