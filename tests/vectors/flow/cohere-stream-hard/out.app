HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

79
event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}


6e
event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"so "}}}}


c0
event: message-end
data: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}}


0

