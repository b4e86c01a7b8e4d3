HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"k\":\"[redacted:test-key]"}}]}}]}

data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]}}]}

data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\",\"n\":1}"}}]}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

