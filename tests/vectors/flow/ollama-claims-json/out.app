HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 148
Connection: close
x-should-retry: false
X-Sallyport-Blocked: json_invalid;#############################

{"error":"Blocked by sallyport policy: the body is not valid JSON: a value is expected (rule json_invalid, exchange #############################)"}