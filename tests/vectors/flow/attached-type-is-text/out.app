HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 245
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: uneditable;#############################

{"error":{"message":"Blocked by sallyport policy: the text has to be redacted and cannot be edited: the type of a file (rule uneditable, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}