HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

3d
data: {"choices":[{"index":0,"delta":{"content":"fine "}}]}


e2
data: {"error":{"message":"Blocked by sallyport policy: the body is not valid JSON: in a stream (rule json_invalid, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}


0

