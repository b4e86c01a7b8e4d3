HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"a":01}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"[redacted:test-key]"}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

