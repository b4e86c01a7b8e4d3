HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 208
Connection: close
x-should-retry: false
request-id: #############################
X-Sallyport-Blocked: SP-9002;#############################

{"type":"error","error":{"type":"permission_error","message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"},"request_id":"#############################"}