HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 214
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: request_limit;#############################

{"error":{"message":"Blocked by sallyport policy: the request body is over its limit (rule request_limit, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}