HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

b6
event: message
data: {"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}}


0

