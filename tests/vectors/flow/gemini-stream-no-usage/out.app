HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

81
data: {"candidates":[{"content":{"parts":[{"text":"an answer of "}],"role":"model"}}],"modelVersion":"m-2","responseId":"r1"}


94
data: {"candidates":[{"content":{"parts":[{"text":"some words"}],"role":"model"},"finishReason":"STOP"}],"modelVersion":"m-2","responseId":"r1"}


0

