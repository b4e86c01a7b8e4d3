HTTP/1.1 100 Continue

