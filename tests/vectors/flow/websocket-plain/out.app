HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=

{"type":"response.ouÄQtput_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"Hel"}Åd{"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"lo"}Åq{"type":"response.done","response":{"id":"r1","status":"completed","usage":{"input_tokens":3,"output_tokens":5}}}äpàË