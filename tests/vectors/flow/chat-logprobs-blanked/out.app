HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 85

{"choices":[{"index":0,"logprobs":null,"message":{"content":"[redacted:test-key]"}}]}