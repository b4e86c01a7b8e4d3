HTTP/1.1 200 OK
Content-Type: image/png
Content-Length: 2

