HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 170
Connection: close
x-should-retry: false
x-amzn-RequestId: #############################
x-amzn-ErrorType: AccessDeniedException
X-Sallyport-Blocked: body_unknown;#############################

{"message":"Blocked by sallyport policy: the body is of a kind that cannot be inspected: events in a request (rule body_unknown, exchange #############################)"}