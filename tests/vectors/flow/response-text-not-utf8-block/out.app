HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 244
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: response_unknown;#############################

{"error":{"message":"Blocked by sallyport policy: the response is of a kind that cannot be inspected: not UTF-8 (rule response_unknown, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}