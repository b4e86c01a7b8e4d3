HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 233
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: response_unknown;#############################

{"error":{"message":"Blocked by sallyport policy: the response is of a kind that cannot be inspected (rule response_unknown, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}