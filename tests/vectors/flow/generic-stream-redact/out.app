HTTP/1.1 200 OK
Content-Type: text/event-stream

data: {"x":{"y":"[redacted:test-key]"}}

data: {"x":{"y":"."}}

