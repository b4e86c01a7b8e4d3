HTTP/1.1 200 OK
Content-Type: application/x-jsonl
Transfer-Encoding: chunked

c3
{"custom_id":"r","result":{"type":"succeeded","message":{"type":"message","role":"assistant","content":[{"type":"text","text":"ke"},{"type":"tool_use","id":"t","name":"f","input":{"q":"ke"}}]}}}

d3
{"custom_id":"r","result":{"type":"succeeded","message":{"type":"message","role":"assistant","content":[{"type":"text","text":"y-abcd1234"},{"type":"tool_use","id":"t","name":"f","input":{"q":"y-abcd1234"}}]}}}

0

