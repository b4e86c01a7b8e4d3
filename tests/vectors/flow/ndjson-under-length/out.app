HTTP/1.1 200 OK
Content-Type: application/x-ndjson
Content-Length: 163

{"model":"m","message":{"role":"assistant","content":"a"},"done":false}
{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
