HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

72
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"my [redacted:test-key]"}}]}


5c
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":""}}]}


60
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":", ok"}}]}


75
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]


0
X-T: 1

