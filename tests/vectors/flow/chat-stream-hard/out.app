HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"say "}}]}

data: {"error":{"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}

