HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

a2
event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"i","output_index":0,"content_index":0,"delta":"so "}


186
event: error
data: {"type":"error","sequence_number":6,"code":"policy_block","message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","param":null,"error":{"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}


0

