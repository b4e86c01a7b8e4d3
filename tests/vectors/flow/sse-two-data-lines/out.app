HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"choices":[{"index":0,"delta":
data: {"content":"[redacted:test-key]"}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":""}}]}

