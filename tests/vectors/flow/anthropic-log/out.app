HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 175

{"id":"a1","type":"message","model":"m-3","role":"assistant","content":[{"type":"text","text":"no key"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":5}}