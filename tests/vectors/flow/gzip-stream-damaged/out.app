HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"hi"}}]}

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"error":{"message":"Blocked by sallyport policy: the content coding cannot be decoded: in a stream (rule coding, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}

