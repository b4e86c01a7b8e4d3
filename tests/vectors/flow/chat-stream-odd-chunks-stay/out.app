HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

0B;x=y
data: {"id"
56
:"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"hello"}}]}


75
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]


0

