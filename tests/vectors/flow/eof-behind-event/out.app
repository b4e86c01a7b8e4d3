HTTP/1.1 200 OK
Content-Type: text/event-stream
Transfer-Encoding: chunked

60
data: {"id":"c1","model":"m-1","created":7,"choices":[{"index":0,"delta":{"content":"a ke"}}]}


