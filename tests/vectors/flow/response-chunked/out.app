HTTP/1.1 200 OK
Content-Type: application/json
Transfer-Encoding: chunked

3
{"a
4
":1}
000;x
X-T: v

