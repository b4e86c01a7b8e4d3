HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 264
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: body_unknown;#############################

{"error":{"message":"Blocked by sallyport policy: the body is of a kind that cannot be inspected: a part that is neither text nor media (rule body_unknown, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}