HTTP/1.1 200 OK
Content-Type: application/x-jsonl

{"custom_id":"r","result":{"type":"succeeded","message":{"type":"message","role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{"q":"a"}}]}}}
{"error":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}
