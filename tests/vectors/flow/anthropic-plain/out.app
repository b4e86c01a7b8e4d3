HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 176

{"id":"a1","type":"message","model":"m-3","role":"assistant","content":[{"type":"text","text":"fine \n"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":5}}