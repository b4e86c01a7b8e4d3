HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 236
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: http_ambiguous;#############################

{"error":{"message":"Blocked by sallyport policy: the HTTP message can be read in two ways: CR without LF (rule http_ambiguous, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}