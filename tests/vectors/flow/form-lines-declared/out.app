HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 244
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: json_invalid;#############################

{"error":{"message":"Blocked by sallyport policy: the body is not valid JSON: the text ends where a value should be (rule json_invalid, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}