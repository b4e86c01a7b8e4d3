HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 209
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: coding;#############################

{"error":{"message":"Blocked by sallyport policy: the content coding cannot be decoded (rule coding, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}