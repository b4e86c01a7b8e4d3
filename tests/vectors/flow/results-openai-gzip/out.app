HTTP/1.1 200 OK
Content-Type: application/octet-stream
Content-Length: 552

{"id":"b-1","custom_id":"r","response":{"status_code":200,"body":{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"a"}}]}},"error":null}
{"id":"b-2","custom_id":"r","response":{"status_code":200,"body":{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"[redacted:test-key]"}}]}},"error":null}
{"id":"b-3","custom_id":"r","response":{"status_code":200,"body":{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"b"}}]}},"error":null}
