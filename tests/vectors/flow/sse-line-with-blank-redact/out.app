HTTP/1.1 200 OK
Content-Type: text/event-stream

 data: {"choices":[{"index":0,"delta":{"content":"a [redacted:test-key]"}}]}

data: [DONE]

