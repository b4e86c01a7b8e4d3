HTTP/1.1 200 OK
Content-Type: text/event-stream

event: response.created
data: {"type":"response.created","response":{"id":"r1","model":"m-2","created_at":7,"status":"in_progress"},"sequence_number":0}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"a","sequence_number":1}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"i1","output_index":0,"content_index":0,"delta":"b","sequence_number":2}

event: response.output_text.done
data: {"type":"response.output_text.done","item_id":"i1","output_index":0,"content_index":0,"text":"ab","sequence_number":3}

event: response.content_part.done
data: {"type":"response.content_part.done","item_id":"i1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"ab"},"sequence_number":4}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":0,"item":{"id":"i1","type":"message","content":[{"type":"output_text","text":"ab"}]},"sequence_number":5}

event: response.completed
data: {"type":"response.completed","response":{"id":"r1","model":"m-2","status":"completed","output":[{"id":"i1","type":"message","content":[{"type":"output_text","text":"ab"}]}]},"sequence_number":6}

