HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

30
event: endpoint
data: /messages?session=abc


7c
event: message
data: {"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"it is [redacted:test-key]"}]}}


a
: ping


0

