HTTP/1.1 200 OK
Content-Type: text/event-stream

say [redacted:test-key]
and [redacted:test-key]

id: 1
event: x

