HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=

ânowÅw{"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"a [redacted:test-key]"}Åc{"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"."}Åq{"type":"response.done","response":{"id":"r1","status":"completed","usage":{"input_tokens":3,"output_tokens":5}}}