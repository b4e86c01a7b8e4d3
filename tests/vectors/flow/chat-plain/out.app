HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 173

{"id":"c1","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"fine \n"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}