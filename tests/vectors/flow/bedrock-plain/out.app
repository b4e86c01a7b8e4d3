HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 155

{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":5,"totalTokens":8}}