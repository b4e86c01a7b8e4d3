HTTP/1.1 200 OK
Content-Type: image/gif
Content-Length: 6

GIF89a