HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 259
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: unknown_protocol;#############################

{"error":{"message":"Blocked by sallyport policy: the protocol is not one that is judged: an upgrade to what was not asked for (rule unknown_protocol, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}