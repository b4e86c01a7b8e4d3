HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 252

{"type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"[redacted:test-key]"},{"type":"tool_use","id":"t","name":"f","input":{"x":"[redacted:test-key]"}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}