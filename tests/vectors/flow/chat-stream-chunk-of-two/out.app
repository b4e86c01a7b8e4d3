HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

cf
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"a "}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"[redacted:test-key] b"}}]}


75
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]


0

