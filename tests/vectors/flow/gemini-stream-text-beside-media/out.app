HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

c2
data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"data:image/[redacted:test-key];base64,AAAA"}}],"role":"model"}}],"modelVersion":"m-2","responseId":"r1"}


ba
data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"data:image/png;base64,iVBORw0KGgo="}}],"role":"model"}}],"modelVersion":"m-2","responseId":"r1"}


0

