HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

30
event: endpoint
data: /messages?session=abc


6b
event: message
data: {"jsonrpc":"2.0","id":"a-1","result":{"content":[{"type":"text","text":"fine"}]}}


ba
event: message
data: {"jsonrpc":"2.0","id":"a-2","error":{"code":-32000,"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}}


0

