HTTP/1.1 200 OK
Content-Type: text/event-stream

event: response.created
data: {"type":"response.created","response":{"id":"r1","model":"m-2","created_at":7,"status":"in_progress"},"sequence_number":0}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"say ","sequence_number":1}

event: response.incomplete
data: {"type":"response.incomplete","sequence_number":3,"response":{"id":"r1","object":"response","created_at":7,"model":"m-2","status":"incomplete","incomplete_details":{"reason":"content_filter"},"error":null,"output":[]}}

