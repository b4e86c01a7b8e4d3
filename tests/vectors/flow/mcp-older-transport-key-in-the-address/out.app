HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

40
event: endpoint
data: /messages?session=[redacted:test-key]


0

