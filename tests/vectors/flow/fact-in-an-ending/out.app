HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"id":"key-abcd1234","model":"m [redacted:test-key]","created":"1,key-abcd1234","choices":[{"index":0,"delta":{"content":"hi "}}]}

data: {"id":"#############################","object":"chat.completion.chunk","created":0,"model":"","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}

data: [DONE]

