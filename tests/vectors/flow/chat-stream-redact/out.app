HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"my [redacted:test-key]"}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":""}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":", ok"}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

