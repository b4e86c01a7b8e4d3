HTTP/1.1 200 OK
Content-Type: application/json
Transfer-Encoding: chunked

1b
{"a":"[redacted:test-key]"}
0
X-T: v

