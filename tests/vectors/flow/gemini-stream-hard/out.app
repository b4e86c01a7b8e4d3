HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

77
data: {"candidates":[{"content":{"parts":[{"text":"so "}],"role":"model"}}],"modelVersion":"m-2","responseId":"r1"}


ac
data: {"error":{"code":403,"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","status":"PERMISSION_DENIED"}}


0

