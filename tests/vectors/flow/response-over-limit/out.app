HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 216
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: response_limit;#############################

{"error":{"message":"Blocked by sallyport policy: the response body is over its limit (rule response_limit, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}