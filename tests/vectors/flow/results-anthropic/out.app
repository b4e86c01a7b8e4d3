HTTP/1.1 200 OK
Content-Type: application/x-jsonl
Transfer-Encoding: chunked

c1
{"custom_id":"r","result":{"type":"succeeded","message":{"type":"message","role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{"q":"a"}}]}}}

e5
{"custom_id":"r","result":{"type":"succeeded","message":{"type":"message","role":"assistant","content":[{"type":"text","text":"[redacted:test-key]"},{"type":"tool_use","id":"t","name":"f","input":{"q":"[redacted:test-key]"}}]}}}

c1
{"custom_id":"r","result":{"type":"succeeded","message":{"type":"message","role":"assistant","content":[{"type":"text","text":"b"},{"type":"tool_use","id":"t","name":"f","input":{"q":"b"}}]}}}

0

