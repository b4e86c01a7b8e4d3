HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 192

{"id":"r1","model":"m-2","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"fine \n"}]}],"usage":{"input_tokens":3,"output_tokens":5}}