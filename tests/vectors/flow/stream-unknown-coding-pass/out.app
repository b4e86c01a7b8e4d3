HTTP/1.1 200 OK
Content-Type: text/event-stream
Content-Encoding: br

x