HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 187

{"output":{"message":{"role":"assistant","content":[{"text":"[redacted:test-key]"},{"toolUse":{"toolUseId":"t","name":"f","input":{"a":"[redacted:test-key]"}}}]}},"stopReason":"tool_use"}