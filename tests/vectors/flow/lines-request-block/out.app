HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 188
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: SP-9002;#############################

{"error":{"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}