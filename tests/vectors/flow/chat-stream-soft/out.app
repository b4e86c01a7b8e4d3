HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":1,"delta":{"content":"one "}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"a "}}]}

data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m-1","choices":[{"index":1,"delta":{},"finish_reason":"content_filter"}]}

data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}

data: [DONE]

