HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

77
data: {"candidates":[{"content":{"parts":[{"text":"so "}],"role":"model"}}],"modelVersion":"m-2","responseId":"r1"}


107
data: {"candidates":[{"content":{"parts":[],"role":"model"},"finishReason":"PROHIBITED_CONTENT","finishMessage":"Blocked by sallyport policy: soft-word (rule SP-9003, exchange #############################)","index":0}],"modelVersion":"m-2","responseId":"r1"}


0

