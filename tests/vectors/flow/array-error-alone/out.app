HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8

{"error":{"code":400,"message":"bad"}}
