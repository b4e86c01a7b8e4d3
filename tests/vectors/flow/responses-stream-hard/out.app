HTTP/1.1 200 OK
Content-Type: text/event-stream

event: response.created
data: {"type":"response.created","response":{"id":"r1","model":"m-2","created_at":7,"status":"in_progress"},"sequence_number":0}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"say ","sequence_number":1}

event: error
data: {"type":"error","sequence_number":3,"code":"policy_block","message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","param":null,"error":{"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}

