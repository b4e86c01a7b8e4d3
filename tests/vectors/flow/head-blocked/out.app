HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 188
Connection: close
x-should-retry: false
x-request-id: #############################
X-Sallyport-Blocked: SP-9002;#############################

